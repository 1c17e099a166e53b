. ./common
rm -rf -- "$beside"
record=../../subjects/$(. ./settings && printf %s "$subject")/restores
printf '%s %s from %s; before: %s\n' "$(date +%s)" "$op" "$from" "$old" >>"$record"
if [ -n "$was" ]; then echo "the data of before is $old; it stays there until somebody removes it"; fi
exit 0
