# Adds a line to the host's account of what was done there, and tells syslog. Each line carries the
# sum of the one before, so that none can be changed or taken out without a trace. Argument: a JSON
# object without its closing brace.
(
  cd /var/lib/quarterdeck || exit 73
  umask 022
  exec 9>>audit.lock
  if command -v flock >/dev/null 2>&1; then flock -w 10 9; fi
  # A line that a full disk has cut is a line of its own.
  if [ -n "$(tail -c 1 audit.jsonl 2>/dev/null)" ]; then echo >>audit.jsonl; fi
  sum=none
  if [ -s audit.jsonl ]; then sum=$(tail -n 1 audit.jsonl | sha256sum) && sum=sha256:${sum%% *}; fi
  line=$1,\"at\":\"$(date -u +%Y-%m-%dT%H:%M:%SZ)\",\"prev\":\"$sum\"\}
  printf '%s\n' "$line" >>audit.jsonl
  # Nobody waits for a syslog that hangs.
  if command -v logger >/dev/null 2>&1; then timeout 5 logger -t quarterdeck -- "$line" 9>&-; fi
) 9>/dev/null
