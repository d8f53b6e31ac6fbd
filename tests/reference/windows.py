"""Windows of event time, in milliseconds since 1970: docs/semantics.md, section 1."""

import bisect
import calendar
import datetime
import zoneinfo

SECOND, MINUTE, HOUR, DAY = 1000, 60_000, 3_600_000, 86_400_000
SIZES = ("10s", "1m", "1h", "1d", "month")
FIXED = {"10s": 10 * SECOND, "1m": MINUTE, "1h": HOUR}
FOREVER = float("inf")
NEVER = -FOREVER
GRACE = {"10s": 10 * MINUTE, "1m": 6 * HOUR, "1h": 48 * HOUR, "1d": 31 * DAY, "month": 31 * DAY}
RETENTION = {"10s": 24 * HOUR, "1m": 14 * DAY, "1h": 400 * DAY, "1d": FOREVER, "month": FOREVER}

UTC = datetime.timezone.utc
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=UTC)
EPOCH_DAY = EPOCH.toordinal()
# Beyond these Python has no calendar for zones; nothing changes there any more.
FIRST_YEAR, LAST_YEAR = ((datetime.date(year, 7, 1).toordinal() - EPOCH_DAY) * DAY for year in (1, 9999))
UNITS = {"ms": 1, "s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY}


def parse_duration(text):
    unit = text.lstrip("0123456789")
    return int(text[:len(text) - len(unit)]) * UNITS[unit]


def parse_grace(text):
    """ "1h=none,1d=7d": the default grace with these changes."""
    grace = dict(GRACE)
    for part in filter(None, text.split(",")):
        size, _, duration = part.partition("=")
        if size not in grace:
            raise ValueError(f"grace: no window size '{size}'")
        grace[size] = FOREVER if duration == "none" else parse_duration(duration)
    return grace


class Calendar:
    """Windows of all sizes with the local days and months of one time zone.

    A local day is the span from the first moment of its date to the first moment of the next one, whatever the clocks do in
    between.
    """

    def __init__(self, zone_name="UTC"):
        self.zone = zoneinfo.ZoneInfo(zone_name)
        self._first_moments = {}
        self._spans = {"1d": [], "month": []}  # those met so far, sorted

    def window(self, size, time):
        """(start, end) of the window that `time` is in."""
        if size in FIXED:
            start = time // FIXED[size] * FIXED[size]
            return start, start + FIXED[size]
        spans = self._spans[size]
        at = bisect.bisect_right(spans, (time, FOREVER)) - 1
        if at >= 0 and time < spans[at][1]:
            return spans[at]
        span = self._span(size, time)
        bisect.insort(spans, span)
        return span

    def _span(self, size, time):
        first, after = self._days(size, (time + self.offset_ms(time)) // DAY)
        while time >= self._first_moment(after):  # clocks went back over midnight: the date came, went and came again
            first, after = self._days(size, after)
        return self._first_moment(first), self._first_moment(after)

    @staticmethod
    def _days(size, day):
        """Numbers (since 1970) of the first day of the day or month that `day` is in, and of the first one after."""
        if size == "1d":
            return day, day + 1
        date = datetime.date.fromordinal(day + EPOCH_DAY)
        first = day - date.day + 1
        return first, first + calendar.monthrange(date.year, date.month)[1]

    def offset_ms(self, time):
        """The zone's offset from UTC."""
        moment = EPOCH + datetime.timedelta(milliseconds=min(max(time, FIRST_YEAR), LAST_YEAR))
        return moment.astimezone(self.zone).utcoffset() // datetime.timedelta(milliseconds=1)

    def start_of(self, date):
        return self._first_moment(date.toordinal() - EPOCH_DAY)

    def _first_moment(self, day):
        """The first moment whose local date is that of `day` or later."""
        if day not in self._first_moments:
            self._first_moments[day] = self._find_first_moment(day * DAY)
        return self._first_moments[day]

    def local_date(self, time):
        """The date of the local day that `time` is in."""
        start, _ = self.window("1d", time)
        return datetime.date.fromordinal((start + self.offset_ms(start)) // DAY + EPOCH_DAY)

    def _find_first_moment(self, midnight):
        """`midnight`: as if the zone were UTC."""
        stretches = self._offsets(midnight - 26 * HOUR, midnight + 26 * HOUR)
        for (start, offset), (end, _) in zip(stretches, stretches[1:] + [(FOREVER, 0)]):
            first = max(start, midnight - offset)
            if first < end:
                return first
        raise AssertionError("a day never comes")

    def _offsets(self, start, end):
        """Stretches of [start, end) with one offset each, as (start, offset)."""
        stretches = [(start, self.offset_ms(start))]
        for hour in range(start, end, HOUR):
            if self.offset_ms(hour + HOUR) == stretches[-1][1]:
                continue
            before, after = hour, hour + HOUR
            while after - before > 1:
                middle = (before + after) // 2
                if self.offset_ms(middle) == stretches[-1][1]:
                    before = middle
                else:
                    after = middle
            stretches.append((after, self.offset_ms(after)))
        return stretches


def format_time(time, offset_ms=0):
    """RFC 3339, with milliseconds only where there are any; offsets in whole minutes, cut down."""
    minutes = offset_ms // MINUTE
    moment = EPOCH + datetime.timedelta(milliseconds=time + minutes * MINUTE)
    text = moment.strftime("%Y-%m-%dT%H:%M:%S").zfill(19)
    if time % SECOND:
        text += f".{time % SECOND:03}"
    if minutes == 0 and offset_ms == 0:
        return text + "Z"
    sign, size = ("-", -minutes) if minutes < 0 else ("+", minutes)
    return f"{text}{sign}{size // 60:02}:{size % 60:02}"


def parse_time_option(text):
    """A time on the command line: milliseconds since 1970, or RFC 3339."""
    if text.lstrip("-").isdigit():
        return int(text)
    moment = datetime.datetime.fromisoformat(text)
    return (moment - EPOCH) // datetime.timedelta(milliseconds=1)
