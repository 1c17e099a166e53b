# What is deployed there and what would come. Changes nothing: what git fetches to tell the commits goes
# to a directory of its own that is removed. Arguments: strategy, subject, directory, user (empty: the
# directory's owner), where git fetches from (empty: nowhere), what is wanted, and a script that prints the
# revision, whose backslashes and line feeds are escaped.
qd_act_deploy() {
  qd_d=$3 qd_u=$4
  if [ -n "$qd_d" ] && ! [ -d "$qd_d" ]; then echo "deploy.fault $qd_d is not there"; fi
  if [ -z "$qd_u" ]; then
    qd_u=$(stat -L -c %U -- "${qd_d:-/}")
    if [ "$qd_u" = root ] && [ -d "$qd_d" ] && ! qd_act_firm "$qd_d"; then
      qd_act_line deploy.fault "$qd_d belongs to root, and $qd_p may be changed by others than root: say with whose rights it is deployed, such as \`user = \"app\"\`"
      return 0
    fi
  fi
  case $qd_u in '' | UNKNOWN) echo "deploy.fault $qd_d belongs to no user that is known"; return 0 ;; esac
  echo "deploy.owner $qd_u"
  qd_h=$(getent passwd "$qd_u" | cut -d : -f 6)
  if [ -d "$qd_d" ]; then
    qd_x=$(stat -f -c '%a %S' -- "$qd_d")
    echo "deploy.free $((${qd_x% *} * ${qd_x#* } / 1048576))"
  fi
  case $1 in
  rsync)
    (
      if [ -d "$qd_d" ]; then qd_act_copy "$2" "$qd_d"; fi
    )
    ;;
  script)
    if [ -n "$7" ]; then
      printf 'deploy.current %s\n' "$(qd_act_as sh -c "$(printf '%b' "$7")" | head -n 1 | head -c 200)"
    fi
    ;;
  git)
    if ! qd_git rev-parse --git-dir >/dev/null; then
      echo "deploy.fault $qd_d is no work tree of git for $qd_u: $(qd_git rev-parse --git-dir 2>&1 | head -n 1)"
      return 0
    fi
    qd_k=$(qd_git rev-parse --verify -q HEAD)
    qd_git status --porcelain --untracked-files=no | head -n 20 | sed 's/^/deploy.changed /'
    echo "deploy.tree $(qd_act_tree)"
    qd_act_comes "$5" "$6"
    ;;
  unit-template)
    qd_x=/etc/systemd/system/$2
    if [ -L "$qd_x" ]; then
      echo "deploy.fault $qd_x is a symbolic link: the unit is masked, or its file is elsewhere"
      return 0
    fi
    qd_k=
    if [ -e "$qd_x" ]; then
      qd_k=$(sha256sum <"$qd_x" | cut -d ' ' -f 1)
      echo "deploy.tree $qd_k"
      echo "deploy.current unit-$(printf %s "$qd_k" | cut -c 1-12)"
    fi
    if [ -n "$7" ]; then
      [ -e "$qd_x" ] || qd_x=/dev/null
      printf '%b' "$7" | diff -u -- "$qd_x" - | tail -n +3 | head -n 150 | sed 's/^/deploy.diff /'
    fi
    echo deploy.keeps
    ls -1 -- "$qd_v/subjects/$2/units" 2>/dev/null | sed 's/^/deploy.kept /'
    ;;
  release)
    qd_k=
    if [ -L "$qd_d/current" ]; then
      qd_act_line deploy.link "$(readlink -- "$qd_d/current")"
      [ -d "$qd_d/current/" ] || echo deploy.gone
      # It is the user's, and may be a link to anything.
      qd_k=$(qd_act_as head -c 200 -- "$qd_d/current/REVISION" | tr -d '\0' | head -n 1)
    elif [ -e "$qd_d/current" ]; then
      echo "deploy.fault $qd_d/current is no symbolic link"
    fi
    qd_d=$3/repo
    if [ -d "$qd_d" ]; then
      qd_act_comes "$5" "$6"
    else
      qd_act_line deploy.current "$qd_k"
      qd_d=$3
      qd_act_wanted "$5" "$6"
    fi
    ;;
  esac
  if [ -r "$qd_v/subjects/$2/releases" ]; then
    tail -n 100 "$qd_v/subjects/$2/releases" | sed 's/^/deploy.release /'
  fi
  if [ "$1" = release ] && [ -d "$3/releases" ]; then
    # Names of directories: one with a line feed is none of ours.
    find "$3/releases" -mindepth 1 -maxdepth 1 -type d ! -name '*[!0-9A-Za-z]*' | head -n 200 |
      sed 's|.*/|deploy.kept |'
  fi
}
# One line, whatever is in it: what a user of the host has written must not say something else as well.
qd_act_line() { printf '%s %s\n' "$1" "$(printf %s "$2" | tr '\n\r' '  ')"; }
# Whether nobody but root can say which directory that is, or what is in it. Where others may change what is
# on the way there, qd_p is that. Argument: directory.
qd_act_firm() {
  qd_p='' qd_r=$1 qd_n=0
  while :; do
    while [ "$qd_r" != "${qd_r#/}" ]; do qd_r=${qd_r#/}; done
    [ -n "$qd_r" ] || return 0
    qd_k=${qd_r%%/*}
    qd_r=${qd_r#"$qd_k"}
    case $qd_k in
    .) continue ;;
    ..) qd_p=${qd_p%/*} && continue ;;
    esac
    qd_p=$qd_p/$qd_k
    qd_x=$(stat -c '%u %a' -- "$qd_p")
    [ "${qd_x% *}" = 0 ] || return 1
    if [ -L "$qd_p" ]; then
      qd_n=$((qd_n + 1))
      [ "$qd_n" -le 20 ] || return 1
      qd_r=$(readlink -- "$qd_p")$qd_r qd_p=${qd_p%/*}
      case $qd_r in /*) qd_p= ;; esac
      continue
    fi
    case ${qd_x#* } in
    # In one that is sticky nobody else's is renamed.
    1??? | 3???) case $qd_r in *[!/]*) ;; *) return 1 ;; esac ;;
    *[2367][0-7] | *[2367]) return 1 ;;
    esac
  done
}
# With the rights of the user it belongs to.
qd_act_as() {
  if [ "$qd_u" = root ]; then
    qd_limit 20 "$@"
  else
    qd_limit 20 runuser -u "$qd_u" -- env HOME="${qd_h:-/}" USER="$qd_u" LOGNAME="$qd_u" "$@"
  fi
}
# Without hooks and questions. Trees that are hostile may set programs in their own configuration, which
# is why it has no more than its owner's rights.
qd_git() {
  qd_act_as env GIT_TERMINAL_PROMPT=0 GIT_OPTIONAL_LOCKS=0 \
    'GIT_SSH_COMMAND=ssh -o BatchMode=yes -o ConnectTimeout=10' \
    git -C "$qd_d" -c core.hooksPath=/dev/null -c core.fsmonitor=false -c gc.auto=0 "$@"
}
# A sum over the commit and all that was changed by hand.
qd_act_tree() {
  { qd_git rev-parse HEAD; qd_git status --porcelain --untracked-files=no; qd_git diff HEAD; } | cksum
}
# The commit that is wanted. Arguments: from where, what.
qd_act_wanted() {
  qd_w=
  [ -n "$1" ] && [ -n "$2" ] || return 0
  qd_f=$(qd_git remote get-url -- "$1") || qd_f=$1
  qd_act_line deploy.from "$qd_f"
  qd_w=$(qd_git rev-parse --verify -q "$2^{commit}")
  case $qd_w in "$2"*) ;; *) qd_w= ;; esac
  if [ -z "$qd_w" ]; then
    qd_r=$(qd_git ls-remote -- "$qd_f" "refs/heads/$2" "refs/tags/$2" "refs/tags/$2^{}" 2>&1)
    qd_x=$?
    if [ "$qd_x" = 124 ]; then qd_r='it does not answer within 20 s'; fi
    [ "$qd_x" = 0 ] ||
      { qd_act_line deploy.fault "git cannot read $qd_f: $(printf %s "$qd_r" | tail -n 3)"; return 0; }
    # Others end alike, such as a branch `a/refs/heads/main`. A tag's commit is that of its line with ^{};
    # a branch comes before a tag of its name.
    qd_w=$(printf '%s\n' "$qd_r" | qd_n=$2 awk '
      BEGIN { name = ENVIRON["qd_n"] }
      $2 == "refs/heads/" name { branch = $1 }
      $2 == "refs/tags/" name { tag = $1 }
      $2 == "refs/tags/" name "^{}" { commit = $1 }
      END { print (branch != "" ? branch : commit != "" ? commit : tag) }')
    if [ -z "$qd_w" ] && qd_act_gives "$2"; then qd_w=$2; fi
  fi
  case $qd_w in
  '' | *[!0-9a-f]*) qd_w= && qd_act_line deploy.fault "$qd_f has no branch, tag or whole commit $2" ;;
  *) echo "deploy.wanted $qd_w" ;;
  esac
}
# Whether a commit that is no tip comes from there: an older one, where a newer one is broken.
qd_act_gives() {
  case $1 in *[!0-9a-f]*) return 1 ;; esac
  [ "${#1}" -eq 40 ] && qd_act_scratch || return 1
  (qd_d=$qd_t && qd_git init --quiet --bare &&
    qd_git fetch --quiet --no-tags --depth 1 --no-write-fetch-head -- "$qd_f" "$1" &&
    qd_git cat-file -e "$1^{commit}")
  qd_g=$?
  qd_act_unscratch
  return "$qd_g"
}
# A directory of the user's own for a while: $qd_t.
qd_act_scratch() { qd_t=$(qd_act_as mktemp -d "${TMPDIR:-/tmp}/quarterdeck.XXXXXX"); }
qd_act_unscratch() {
  case $qd_t in */quarterdeck.??????) qd_act_as rm -rf -- "$qd_t" ;; esac
}
# The commits between what is there and what is wanted. Arguments: from where, what.
qd_act_comes() {
  qd_act_line deploy.current "$qd_k"
  qd_act_wanted "$1" "$2"
  if [ -z "$qd_w" ] || [ -z "$qd_k" ] || [ "$qd_w" = "$qd_k" ]; then return 0; fi
  if qd_git cat-file -e "$qd_w^{commit}"; then
    qd_act_commits
    return 0
  fi
  qd_act_scratch || return 0
  qd_o=$(qd_git rev-parse --git-path objects)
  case $qd_o in /*) ;; *) qd_o=$qd_d/$qd_o ;; esac
  # By its address, so that no branch of the remote is moved to what is not kept.
  (
    export GIT_OBJECT_DIRECTORY="$qd_t" GIT_ALTERNATE_OBJECT_DIRECTORIES="$qd_o"
    qd_git fetch --quiet --no-tags --no-write-fetch-head -- "$qd_f" "$2" && qd_act_commits
  )
  qd_act_unscratch
}
qd_act_commits() {
  # shellcheck disable=SC2046
  set -- $(qd_git rev-list --count --left-right "$qd_k...$qd_w")
  echo "deploy.behind ${1:-}"
  echo "deploy.ahead ${2:-}"
  qd_git -c i18n.logOutputEncoding=UTF-8 log --no-color --no-merges -n 30 --format='deploy.commit %h %an: %s' "$qd_k..$qd_w" | cut -c 1-300
  qd_git diff --no-color --shortstat "$qd_k" "$qd_w" | sed 's/^/deploy.stat/'
}
