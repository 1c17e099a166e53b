# How to run what reads much: last in the queue for processor and disk (qd_nice). Some kernels and
# containers let nobody be idle.
qd_gentle() {
  qd_nice='nice -n 19'
  if ionice -c 3 true >/dev/null 2>&1; then qd_nice='ionice -c 3 nice -n 19'; fi
}
# Passes on what it reads, up to so many MiB, until a moment (qd_until), and only for as long as who
# asked is still there: a connection that was cut must not leave a reader behind. Where it stopped
# before the end it says a word on descriptor 3. Arguments: MiB, word.
qd_flow() {
  exec 5>&1
  qd_n=0
  while [ -d "/proc/$PPID" ]; do
    qd_r=$($qd_nice dd bs=65536 count=1024 2>&1 >&5)
    case $qd_r in
    0+0*) return 0 ;;
    *[0-9]+[0-9]*) ;;
    # Who reads it has gone.
    *) return 0 ;;
    esac
    # A pipe gives less at a time than is asked for; the last line says how much it was.
    qd_r=${qd_r##*
}
    qd_r=${qd_r%% *}
    case $qd_r in *[!0-9]* | '') qd_r=67108864 ;; esac
    qd_n=$((qd_n + qd_r / 1024))
    if [ "$((qd_n / 1024))" -ge "$1" ]; then echo "$2" >&3; return 0; fi
    if [ "$(date +%s)" -ge "$qd_until" ]; then echo late >&3; return 0; fi
  done
  echo cut >&3
}
# The first bytes of a file, in hexadecimal.
qd_magic() { $qd_su head -c "$2" "$1" | od -An -v -tx1 | tr -d ' \n'; }
# A file to standard output. One that was not read to its end in time looks like one that was cut.
qd_read() {
  qd_limit 480 $qd_nice $qd_su cat "$1"
  case $? in 124 | 137) echo late >&3 ;; esac
}
# Unpacks to standard output; a file that is not packed as it is. Arguments: packing, file.
qd_unpack() {
  case $1 in
  gzip) qd_read "$2" | $qd_nice gzip -dc ;;
  zstd) qd_read "$2" | $qd_nice zstd -dcq ;;
  xz) qd_read "$2" | $qd_nice xz -dcq ;;
  bzip2) qd_read "$2" | $qd_nice bzip2 -dcq ;;
  *) qd_read "$2" ;;
  esac
}
# What tells a file from what it was before.
qd_state() { qd_kill 5 $qd_su stat -L -c '%d:%i %s %Y' "$1"; }
# Says `moved` of a file that has changed since it was first looked at (qd_was, at qd_at). One that
# was changed just before is given a moment to change again.
qd_still() {
  if [ "${qd_was##* }" -gt "$((qd_at - 20))" ]; then
    qd_a=$((qd_at + 4 - $(date +%s)))
    if [ "$qd_a" -gt 0 ]; then sleep "$qd_a"; fi
  fi
  [ "$(qd_state "$1")" = "$qd_was" ] || echo moved
}
# Live files that have not changed since a moment, up to 400 of them in even steps, each with its
# path below the source: `L mtime size path`; before them up to 20,000 names of any (N). Names that
# tools write differently are left out. Arguments: source, moment.
qd_sample() {
  qd_limit 60 $qd_nice $qd_su find -H "$1/" -xdev -type f ! -path '*
*' -exec stat -c '%Y %s %n' {} + | $qd_nice awk -v dir="$1/" -v before="$2" '
    !/^[0-9]+ [0-9]+ \// || /[^ -~]/ || /\\/ { next }
    {
      path = $0
      sub(/^[^ ]* [^ ]* /, "", path)
      if (index(path, dir) != 1) next
      path = substr(path, length(dir) + 1)
      if (n++ < 20000) print "N", path
      if ($1 + 0 > newest) newest = $1 + 0
      if ($1 + 0 >= before + 0) next
      if ($1 + 0 > m) m = $1 + 0
      e++
      if ((e - 1) % step) next
      kept[c++] = $1 " " $2 " " path
      if (c < 400) next
      for (i = 0; i < c; i += 2) kept[i / 2] = kept[i]
      c = int((c + 1) / 2)
      step *= 2
    }
    BEGIN { step = 1 }
    END { print "T", n + 0, e + 0, m + 0, newest + 0; for (i = 0; i < c; i++) print "L", kept[i] }'
}
# Reads the sample (L), then a list of members (`A mtime-or-dash size path`) and answers what of the
# sample is not in it. Where the members stand below some directory is found out: by the directory
# under which most of the sample is found.
qd_match() {
  $qd_nice awk '
    $1 == "S" { print "bytes", $2; next }
    $1 == "place" || $1 == "moved" { print; next }
    $1 == "T" { print "live", $2, $3, $4, $5; live = $2; next }
    $1 == "N" { names[substr($0, 3)]; next }
    $1 == "L" {
      path = $0
      sub(/^L [^ ]* [^ ]* /, "", path)
      size[path] = $3
      time[path] = $2
      next
    }
    $1 == "A" {
      path = $0
      sub(/^A [^ ]* [^ ]* /, "", path)
      sub(/^(\.\/)+/, "", path)
      if (members++ < 20000 && $0 !~ /[^ -~]/ && $0 !~ /\\/) every[members] = path
      if (members > 3000000) { over = 1; next }
      if ($2 != "-") {
        if ($2 > newest) newest = $2
        if (oldest == "" || $2 < oldest) oldest = $2
      }
      rest = path
      base = ""
      for (depth = 0; depth < 24; depth++) {
        if (rest in names || rest in size) {
          if (!(base in hits) && bases++ > 64) break
          hits[base]++
          if (rest in size) found[base, rest] = $3
        }
        at = index(rest, "/")
        if (!at) break
        base = base substr(rest, 1, at)
        rest = substr(rest, at + 1)
      }
    }
    END {
      best = ""
      for (base in hits) if (hits[base] > most || (hits[base] == most && base < best)) { most = hits[base]; best = base }
      print "members", members + 0, (newest == "" ? "-" : newest), (oldest == "" ? "-" : oldest)
      if (over) print "over"
      # Names that only one of them has, where all of both are known.
      if (live <= 20000 && members <= 20000) {
        for (at in every) {
          path = every[at]
          if (index(path, best) == 1 && (rest = substr(path, length(best) + 1)) in names) { both[rest]; continue }
          if (extras++ < 8) print "extra", path
        }
        for (path in names) if (!(path in both) && lacks++ < 8) print "lacks", path
        print "names", lacks + 0, extras + 0
      }
      for (path in size) {
        if (!((best, path) in found)) { missing++; if (told++ < 8) print "missing", time[path], size[path], path }
        else if (found[best, path] != "-" && found[best, path] != size[path]) { different++; if (wrong++ < 8) print "different", time[path], size[path], found[best, path], path }
        sampled++
      }
      print "compared", sampled + 0, missing + 0, different + 0
    }'
}
# Turns what tar -tv says into members. GNU: `mode owner size date time name`, busybox as well. A
# further name of the same file has no size of its own; directories and links are left out.
qd_members() {
  awk '
    /^[-h]/ {
      line = $0
      if (!match(line, /^[^ ]+ +[^ ]+ +[0-9]+ +[0-9]+-[0-9]+-[0-9]+ +[0-9:.]+ /)) next
      path = substr(line, RLENGTH + 1)
      if (/^h/) { if (!sub(/ link to .*$/, "", path)) next; $3 = "-" }
      split($4, d, "-")
      split($5, t, ":")
      # Days from the epoch (Hinnant); a year begins in March.
      y = d[1] + 0; mo = d[2] + 0
      if (mo <= 2) { y--; mo += 9 } else mo -= 3
      era = int(y / 400); yoe = y - era * 400
      doy = int((153 * mo + 2) / 5) + d[3] - 1
      days = era * 146097 + yoe * 365 + int(yoe / 4) - int(yoe / 100) + doy - 719468
      printf "A %d %s %s\n", days * 86400 + t[1] * 3600 + t[2] * 60 + t[3], $3, path
    }'
}
# The same for a copy that is a directory, which has no end that could be missing.
qd_backup_folder() {
  echo "kind folder"
  qd_keep=$qd_su
  {
    if [ "$3" != - ]; then
      qd_see "$1" "$3"
      qd_a=$?
      qd_seen "$qd_a" >&3
      if [ "$qd_a" = 0 ]; then qd_sample "$3" "$4"; fi
    fi
    # Tools set a file back to the time that it had at home, but not that of its inode.
    qd_limit 60 $qd_nice $qd_keep find -H "$2/" -xdev -type f ! -path '*
*' -exec stat -c '%Z %Y %s %n' {} + | $qd_nice awk -v dir="$2/" -v settled="$((qd_at - 30))" '{
      path = $0
      sub(/^[^ ]* [^ ]* [^ ]* /, "", path)
      if (index(path, dir) == 1) print "A", $2, $3, substr(path, length(dir) + 1)
      s += $3
      if ($1 + 0 > settled + 0) moved = 1
    }
    END { printf "S %.0f\n", s; if (moved) print "moved" }'
  } 3>&1 | qd_match
}
# How long a file of SQLite has to be: the size of its pages times their number, where its header says that
# this is kept (file format, 1.3). Reads its first 96 bytes.
qd_pages() {
  qd_a=$(od -An -v -tx1 | tr -d ' \n')
  qd_part() { printf '%s\n' "$qd_a" | cut -c "$1"; }
  if [ "${#qd_a}" != 192 ] || [ "$(qd_part 49-56)" != "$(qd_part 185-192)" ]; then return 0; fi
  qd_b=$((0x$(qd_part 33-36)))
  if [ "$qd_b" = 1 ]; then qd_b=65536; fi
  echo "expected $((qd_b * 0x$(qd_part 57-64)))"
}
# Reads one copy to its end and compares it with the live source. Arguments: how, file, source or
# `-`, the moment before which a file must be in it, most MiB to read.
qd_backup_check() {
  qd_see "$1" "${2%/*}"
  if [ "$?" = 4 ]; then echo hung; return 0; fi
  qd_gentle
  qd_at=$(date +%s)
  qd_until=$((qd_at + 480))
  echo "now $qd_at"
  if qd_kill 5 $qd_su test -d "$2"; then
    qd_backup_folder "$@"
    return 0
  fi
  [ -r "$2" ] || [ "$1" != sudo ] || qd_su='sudo -n'
  if ! qd_kill 5 $qd_su test -r "$2"; then
    if qd_kill 5 $qd_su test -e "$2"; then echo denied; else echo gone; fi
    return 0
  fi
  qd_was=$(qd_state "$2")
  [ -n "$qd_was" ] || { echo gone; return 0; }
  # One that was changed within the last minute may have no end yet.
  [ "${qd_was##* }" -le "$((qd_at - 60))" ] || echo young
  qd_pack=
  case $(qd_magic "$2" 6) in
  1f8b*) qd_pack=gzip ;;
  28b52ffd*) qd_pack=zstd ;;
  fd377a585a00*) qd_pack=xz ;;
  425a68*) qd_pack=bzip2 ;;
  504b0304* | 504b0506*) qd_pack=zip ;;
  '') echo empty; return 0 ;;
  esac
  echo "pack ${qd_pack:-none}"
  if [ -n "$qd_pack" ] && ! qd_have "${qd_pack#zip}"; then echo "tool $qd_pack"; return 0; fi
  if [ "$qd_pack" = zip ]; then
    qd_have unzip || { echo "tool unzip"; return 0; }
    qd_kind=zip
  else
    # What is in it, by its first bytes; zero bytes do not fit into a variable. A header of tar has
    # its magic at 257.
    qd_a=$(qd_unpack "$qd_pack" "$2" | head -c 262 | tail -c 5 | tr -d '\000')
    qd_b=$(qd_unpack "$qd_pack" "$2" | head -c 512 | tr '\000\n' '  ')
    case $qd_a/$qd_b in
    ustar/*) qd_kind=tar ;;
    */PGDMP*) qd_kind=pgdump ;;
    *'PostgreSQL database'*'dump'*) qd_kind=pgsql ;;
    *'MySQL dump'* | *'MariaDB dump'*) qd_kind=mysql ;;
    */'SQLite format 3'*) qd_kind=sqlite ;;
    /) qd_kind=nothing ;;
    *) qd_kind=other ;;
    esac
  fi
  echo "kind $qd_kind"
  if [ "$qd_kind" = tar ] && ! qd_have tar; then echo "tool tar"; return 0; fi
  qd_src=$3 qd_before=$4 qd_most=$5 qd_word=cut
  if [ -n "$qd_pack" ]; then
    # What becomes so much larger is no backup but zeros, or a trap.
    qd_a=${qd_was#* }
    qd_a=$((${qd_a% *} / 1048576 * 100))
    [ "$qd_a" -ge 1024 ] || qd_a=1024
    if [ "$qd_a" -lt "$qd_most" ]; then qd_most=$qd_a qd_word=swells; fi
  fi
  qd_keep=$qd_su
  qd_live=
  if [ "$qd_src" != - ] && { [ "$qd_kind" = tar ] || [ "$qd_kind" = zip ]; }; then
    qd_see "$1" "$qd_src"
    qd_a=$?
    qd_seen "$qd_a"
    if [ "$qd_a" = 0 ]; then qd_live=$qd_su; qd_src_ok=1; else qd_src_ok=; fi
  else
    qd_src_ok=
  fi
  # Descriptor 3: how each part ended; 4: the answer.
  {
    case $qd_kind in
    tar)
      {
        if [ -n "$qd_src_ok" ]; then qd_su=$qd_live; qd_sample "$qd_src" "$qd_before"; fi
        qd_su=$qd_keep
        {
          qd_unpack "$qd_pack" "$2" 2>&3
          echo "unpack $?" >&3
        } | qd_flow "$qd_most" "$qd_word" | {
          # With owners as numbers a name with a space is no trouble; busybox has no such option.
          if tar --version 2>/dev/null | grep -q GNU; then
            $qd_nice tar --numeric-owner --full-time -tvf - 2>&3
          else
            $qd_nice tar -tvf - 2>&3
          fi
          echo "list $?" >&3
          cat >/dev/null
        } | qd_members
      } | qd_match
      ;;
    zip)
      # Printed rather than tested, so that it can be stopped; it compares checksums all the same.
      {
        qd_limit 480 $qd_nice $qd_su unzip -p "$2" 2>&3
        echo "unpack $?" >&3
      } | qd_flow "$qd_most" "$qd_word" >/dev/null
      {
        if [ -n "$qd_src_ok" ]; then qd_su=$qd_live; qd_sample "$qd_src" "$qd_before"; fi
        qd_su=$qd_keep
        qd_limit 60 $qd_nice $qd_su unzip -l "$2" | $qd_nice awk '/^ *[0-9]+ +[0-9]+-[0-9]+-[0-9]+ +[0-9:]+ / && !/\/$/ {
          path = $0
          sub(/^ *[0-9]+ +[^ ]+ +[^ ]+ +/, "", path)
          print "A -", $1, path }'
      } | qd_match
      ;;
    pgsql | mysql)
      {
        qd_unpack "$qd_pack" "$2" 2>&3
        echo "unpack $?" >&3
      } | qd_flow "$qd_most" "$qd_word" | tail -c 600 | tr '\000' ' ' | {
        qd_a=$(cat)
        case $qd_a in
        *'database dump complete'* | *'database cluster dump complete'* | *'Dump completed'*) echo "trailer 1" ;;
        *) echo "trailer 0" ;;
        esac
      }
      ;;
    *)
      {
        qd_unpack "$qd_pack" "$2" 2>&3
        echo "unpack $?" >&3
      } | qd_flow "$qd_most" "$qd_word" | wc -c | {
        read -r qd_a
        echo "bytes $qd_a"
      }
      # Its list stands at the beginning: one that was cut has it too. Read as if it were to be restored.
      if [ "$qd_kind" = pgdump ] && [ -z "$qd_pack" ] && qd_have pg_restore; then
        qd_limit 480 $qd_nice $qd_su pg_restore -f /dev/null "$2" 2>&3
        echo "list $?" >&3
      fi
      if [ "$qd_kind" = sqlite ]; then qd_unpack "$qd_pack" "$2" 2>/dev/null | head -c 96 | qd_pages; fi
      ;;
    esac
    qd_su=$qd_keep
    qd_still "$2"
  } 3>&1 | qd_cap 262144
}
