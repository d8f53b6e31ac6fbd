#!/usr/bin/env bash
# Every shell script parses, and shellcheck finds nothing where it is installed (it is not installed for this alone).
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.."

mapfile -t scripts < <(
  find . \( -name .git -o -name .cache -o -name node_modules -o -path './build*' \) -prune -o -type f -print |
    while IFS= read -r file; do
      if [[ $file == *.sh || $(head -c 80 -- "$file" | tr -d '\0' | head -n 1) =~ ^#!.*[/\ ](ba)?sh ]]; then echo "$file"; fi
    done
)
((${#scripts[@]} > 0)) || { echo "no scripts found"; exit 1; }
for script in "${scripts[@]}"; do
  bash -n "$script"
done
if command -v shellcheck >/dev/null; then
  # The parts in tools/ are read where the script takes them in, since they share its names.
  mapfile -t whole < <(printf '%s\n' "${scripts[@]}" | grep -v '^./tools/')
  shellcheck --external-sources --check-sourced "${whole[@]}"
  echo "${#scripts[@]} scripts are clean"
else
  echo "SKIPPED: shellcheck"
fi
