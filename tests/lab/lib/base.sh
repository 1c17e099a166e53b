# shellcheck shell=bash
# The base file systems: built once, shared read-only by all hosts of a generation.

base_path() {
  local hash
  hash=$(sha256sum <"$lab_dir/lib/recipe.sh" | cut -c1-12)
  echo "$cache/$1-$hash"
}

# The mirror the machine itself installs from; nothing if apt names none that
# debootstrap can use, which then takes its own default.
base_mirror() {
  local codename uris
  # shellcheck source=/dev/null
  codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
  for _ in 1 2; do
    uris=$(apt-get indextargets --format '$(CODENAME) $(REPO_URI)' \
      'Identifier: Packages' 'Label: Debian' 2>/dev/null) || return 0
    [ -n "$uris" ] && break
    # A fresh image has no package lists, and then apt does not know the labels.
    apt-get update -qq >/dev/null 2>&1 || return 0
  done
  awk -v own="$codename" '$2 ~ /^(https?|file):/ && ($1 == own || first == "") { first = $2; if ($1 == own) exit }
    END { if (first != "") print first }' <<<"$uris"
}

# A function of the recipe, in a shell of its own: here, left of an `||`, bash would
# not stop at its first failure.
recipe() {
  bash -euo pipefail -c '. "$0"; "$@"' "$lab_dir/lib/recipe.sh" "$@"
}

# debootstrap downloads by wget, which does not read apt's settings.
base_proxy() {
  local proxy=""
  eval "$(apt-config shell proxy Acquire::http::Proxy 2>/dev/null)"
  [ -z "$proxy" ] || [ -n "${http_proxy:-}" ] || export http_proxy=$proxy
}

base_build() {
  local generation=$1 target=$2 temp=$2.partial mirror started
  started=$(now_ms)
  say "building the $generation base (once; log: $cache/$generation.log)"
  rm -rf --one-file-system "$temp"
  if [ "$generation" = busybox ]; then
    mkdir -p "$temp"
    recipe recipe_busybox "$temp" "$(base_path bookworm)" >"$cache/$generation.log" 2>&1
  else
    mirror=$(base_mirror)
    base_proxy
    mkdir -p "$cache/debs-$generation"
    # Packages are kept: a changed recipe then costs no download.
    # In a mount namespace: interrupted, it leaves nothing mounted.
    unshare --mount debootstrap --variant=minbase --cache-dir="$cache/debs-$generation" \
      --include="$(recipe_packages "$generation")" "$generation" "$temp" ${mirror:+"$mirror"} \
      >"$cache/$generation.log" 2>&1 &&
      recipe recipe_settle "$temp" "$generation" >>"$cache/$generation.log" 2>&1
  fi || { tail -n 5 "$cache/$generation.log" >&2; die "building the $generation base failed"; }
  mv "$temp" "$target"
  say "built the $generation base in $((($(now_ms) - started) / 1000)) s"
}

# Bases of older recipes, unless a host still stands on one.
base_prune() {
  local generation=$1 keep=$2 old
  for old in "$cache/$generation"-*; do
    case $old in "$keep" | *.partial) continue ;; esac
    [ -d "$old" ] || continue
    grep -q "lowerdir=$old," /proc/mounts || rm -rf --one-file-system "$old"
  done
}

base() {
  local generation=$1 target
  case " $generations " in *" $generation "*) ;; *) die "no generation $generation (there are: $generations)" ;; esac
  target=$(base_path "$generation")
  [ -d "$target" ] && return
  need_root
  need_tools
  [ "$generation" = busybox ] && base bookworm
  mkdir -p "$cache"
  (
    flock 9
    # Another call may have built it while this one waited.
    [ -d "$target" ] || base_build "$generation" "$target"
    base_prune "$generation" "$target"
  ) 9>"$cache/$generation.lock"
}
