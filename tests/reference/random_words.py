"""Texts that random logs and random funnels are made of, odd ones among them."""

DEPARTMENTS = ["Emergency", "Emergency", "Cardiology", "Ünï \"x\" |=,%", "all", "unknown", "a\u0085\b\f\\b", "Z" * 256]
SOURCES = ["feed-a", "feed-a", "feed b", "unknown", "", " ", None, "NA", "x|=,\"\u0085"]
FACILITIES = ["North", "null", "007", "1e5", "", "\u2003", None, "y" * 256]
PAYERS = ["Aetna", "Aetna", "unknown", "NA", "", " ", None]
WORKFLOW_TYPES = ["data.uploaded", "data.validated", "analysis.started", "analysis.completed", "review.completed", "data.invalid",
                  "analysis.failed", "review.rejected", "checkin", "any thing"]
ODD_IDS = ["NA", "null", "007", "1e5", "7", "true", "-", "0x1F", "𝄞é"]
