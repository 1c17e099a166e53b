nl='
'
free() { df -Pk -- "$1" | awk 'NR == 2 { print $4 }'; }
# KiB in a tree, as tar counts: small files may take no block, and holes are written out. Argument: its top.
size() { { du -skx --apparent-size -- "$1" 2>/dev/null || du -skx -- "$1"; } | tail -n 1 | cut -f 1; }
# What is made in a place that may be somebody else's is made in a directory of our own there. Whoever has
# the place may move that away and put another one there: it is held by standing in it. Argument: its path.
stand() {
  real=$(cd -P -- "${1%/*}/" && pwd -P)
  if cd -P -- "$1" && [ "$(pwd -P)" = "${real%/}/${1##*/}" ]; then
    if ! foreign .; then return 0; fi
    # There root is nobody, and so is whose it is (exports(5), root_squash).
    case $(stat -f -c %T .)' '$(stat -c %u .) in nfs*' 65534') return 0 ;; esac
  fi
  echo "$1 is not what was made there: somebody else changes it"
  return 2
}
# Whether somebody else may have written it. Arguments: paths.
foreign() {
  for one; do
    case $(stat -L -c '%u %a' -- "$one") in
    "$(id -u) "*[2367][0-7] | "$(id -u) "*[2367]) return 0 ;;
    "$(id -u) "*) ;;
    *) return 0 ;;
    esac
  done
  return 1
}
# Unpacked, whatever packed it. Argument: file.
unpack() {
  case $(head -c 6 -- "$1" | od -An -v -tx1 | tr -d ' \n') in
  1f8b*) gzip -dc ;;
  28b52ffd*) zstd -dcq ;;
  fd377a585a00*) xz -dcq ;;
  425a68*) bzip2 -dc ;;
  *) cat ;;
  esac <"$1"
}
is_tar() { [ "$(unpack "$1" 2>/dev/null | head -c 262 | tail -c 5 | tr -d '\000')" = ustar ]; }
# Lists an archive to its end: files (names), directories (dirs), how many files (members) and bytes.
# Names that lead out of it and devices are no data. Arguments: file, bytes that it may unpack to.
list() {
  rm -f bad.unpack bad.list bad.names names dirs
  : >names
  : >dirs
  { unpack "$1" || : >bad.unpack; } | head -c "$2" | {
    tar --numeric-owner --full-time --quoting-style=literal -tvf - || : >bad.list
    cat >/dev/null
  } | awk '
    !match($0, /^[^ ]+ +[^ ]+ +[^ ]+ +[0-9]+-[0-9]+-[0-9]+ +[0-9:.]+ /) { next }
    {
      path = substr($0, RLENGTH + 1)
      if (/^[bc]/ || "/" path "/" ~ /\/\.\.\// && !/^l/) { if (bad++ < 3) print path >"bad.names" }
      if (/^h/) sub(/ link to .*/, "", path)
      if (/^l/) sub(/ -> .*/, "", path)
      if ("/" path "/" ~ /\/\.\.\//) { if (bad++ < 3) print path >"bad.names" }
      sub(/^(\.?\/)+/, "", path)
      if (/^d/ && dirs++ < 200000) print path >"dirs"
      if (/^[-h]/ && n++ < 200000) print path >"names"
      if (/^-/) bytes += $3
    }
    END { printf "%d %.0f\n", n, bytes }' >found
  read -r members bytes <found
  if [ -e bad.unpack ] || [ -e bad.list ]; then
    echo "$1 cannot be read to its end, or unpacks to more than $(($2 / 1048576)) MiB"
    return 1
  fi
  if [ -s bad.names ]; then
    echo "$1 has what is no data, or leads out of it:"
    head -n 3 bad.names
    return 1
  fi
  if [ "$members" = 0 ]; then echo "$1 holds no file"; return 1; fi
}
# Names of the source's files. Arguments: further ones of find(1).
live() { (cd -- "$src" 2>/dev/null && find . -xdev -type f ! -name "*$nl*" "$@" | head -n 100000 | sed 's|^\./||') >live; }
# Below which directory of an archive (below) how many (hits) of the source's files (lives) are.
match() {
  src=$src awk '
    BEGIN { while ((getline line <"live") > 0) { live[line]; lives++ } }
    {
      all[++n] = rest = $0
      dir = ""
      for (depth = 0; depth < 24; depth++) {
        if (rest in live) hits[dir]++
        if (!(at = index(rest, "/"))) break
        dir = dir substr(rest, 1, at)
        rest = substr(rest, at + 1)
      }
    }
    END {
      for (dir in hits) if (hits[dir] > most || hits[dir] == most && length(dir) < length(best)) { most = hits[dir]; best = dir }
      # Nothing of it is there now: by the name of the source.
      if (!most) {
        best = substr(ENVIRON["src"], 2) "/"
        while (best != "") {
          for (i = 1; i <= n && index(all[i], best) == 1; i++);
          if (i > n) break
          best = substr(best, index(best, "/") + 1)
        }
      }
      print lives + 0, most + 0
      print best
    }' names >matched
  { read -r lives hits && IFS= read -r below; } <matched
}
# How a new copy will be called (final), by the moment. Arguments: the name's beginning and end.
name_it() {
  final=$place/$1$(date -u +%Y%m%d-%H%M%S)$2
  if [ -e "$final" ]; then echo "$final is there already"; return 1; fi
}
# Gives what was made and proved (part/copy) its name, with a checksum beside it, as those before it are.
# Argument: the pattern of their names.
file_away() {
  like=$(find -H "$place/" -maxdepth 1 -type f -name "$1" ! -name "*$nl*" | tail -n 1)
  (
    stand "$part" || exit 1
    if [ -n "$like" ]; then
      chown --reference="$like" -- copy && chmod --reference="$like" -- copy
    else
      chown --reference="$place" -- copy
    fi || exit 1
    sync copy 2>/dev/null || sync
    printf '%s  %s\n' "$(sha256sum <copy | head -c 64)" "${final##*/}" >sum || exit 1
    chown --reference=copy -- sum && chmod --reference=copy -- sum || exit 1
    mv -T -- sum "$final.sha256" && mv -T -- copy "$final"
  ) || return 1
  rmdir -- "$part"
  sync -f "$final" 2>/dev/null || sync
}
acls=
for x in --acls --xattrs; do
  if tar --help 2>/dev/null | grep -q -e "$x"; then acls="$acls $x"; fi
done
if [ -e /sys/fs/selinux/enforce ]; then acls="$acls --selinux"; fi
