. ./common
record=../../subjects/$(. ./settings && printf %s "$subject")/restores
printf '%s %s from %s; before: %s\n' "$(date +%s)" "$op" "${kept:-$from}" "$old" >>"$record"
if [ -n "$was" ]; then
  echo "the data of before is the database $old; it stays until somebody drops it:"
  echo "  runuser -u $pguser -- dropdb ${pgport:+-p $pgport }$old"
fi
exit 0
