. ./common
await || exit 1
# Only what this operation made: the name is its own.
n=0
while made=$(number "$new") && [ -n "$made" ] && [ "$made" != "$was" ]; do
  n=$((n + 1))
  if [ "$n" -gt 10 ]; then echo "$new cannot be dropped"; exit 1; fi
  send_away "$new"
  if echo 'DROP DATABASE :"new";' | sql postgres; then echo "$new is dropped"; break; fi
  sleep 0.5 || sleep 1
done
