. ./common
# Nobody may have it open: who has writes on to what is put aside.
n=0
while busy=$(qd_holders "$src" "$src-wal" "$src-shm" "$src-journal") && [ -n "$busy" ]; do
  n=$((n + 1))
  if [ "$n" -gt 10 ]; then
    echo "somebody has it open still:"
    printf '%s\n' "$busy" | head -n 20
    exit 1
  fi
  sleep 0.5 || sleep 1
done
if [ "$(here "$src")" != "$was" ] || [ -e "$old" ]; then echo "$src is another file now"; exit 1; fi
(stand "$beside" && [ -f new ] && ! [ -L new ] && here new) >restored || exit 1
synced restored
# What stands beside it under its name belongs to it, and would be taken for the new one's. Copied first:
# whoever makes a new file while there is none empties its log.
for end in $ends; do
  if ! [ -e "$src-$end" ] && ! [ -L "$src-$end" ]; then continue; fi
  (stand "$beside" && cp -pP -- "$src-$end" "$end" && [ -f "$end" ] && ! [ -L "$end" ] && mv -T -- "$end" "$old-$end") ||
    { echo "$src-$end cannot be kept"; exit 1; }
done
synced "${up:-/}"
if [ -n "$was" ]; then mv -T -- "$src" "$old" || exit 1; fi
for end in $ends; do rm -f -- "$src-$end"; done
(stand "$beside" && exec mv -T -- new "$src") || exit 1
synced "${up:-/}"
echo "the data of the copy is $src"
if [ -n "$was" ]; then echo "the data of before is $old"; fi
