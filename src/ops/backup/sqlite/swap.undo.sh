if [ -n "$was" ] && [ "$(here "$src")" = "$was" ]; then
  # It has all that belongs to it: what was copied is not needed.
  for end in $ends; do rm -f -- "$old-$end"; done
  echo "$src is the data of before"
  exit 0
fi
if [ -n "$was" ] && [ "$(here "$old")" != "$was" ]; then echo "neither $src nor $old is the data of before: look"; exit 1; fi
# Somebody may have written to what was there meanwhile. Without a file, what stands beside it is of before.
if [ -e "$src" ] || [ -L "$src" ]; then
  mv -T -- "$src" "$tried" || exit 1
  echo "what was there meanwhile is $tried"
  for end in $ends; do
    if [ -e "$src-$end" ] || [ -L "$src-$end" ]; then mv -T -- "$src-$end" "$tried-$end" || exit 1; fi
  done
fi
mkdir -m 700 -- "$beside" 2>/dev/null
for end in $ends; do
  if [ -e "$old-$end" ]; then
    (stand "$beside" && cp -pP -- "$old-$end" "$end" && mv -T -- "$end" "$src-$end") || exit 1
  fi
done
synced "${up:-/}"
if [ -n "$was" ]; then mv -T -- "$old" "$src" || exit 1; fi
synced "${up:-/}"
for end in $ends; do rm -f -- "$old-$end"; done
echo "$src is as it was before"
