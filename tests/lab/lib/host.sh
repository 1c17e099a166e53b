# shellcheck shell=bash
# Boots, shows and stops hosts.
#
# A host is a directory: one file a fact (ip, generation, kind, user, pid, leader), its
# disk, and its root. What exists there is what `down` has to take away.

# How much a host may write.
disk_size=1G

host_dir() { echo "$run/hosts/$1"; }
host_get() { cat "$run/hosts/$1/$2" 2>/dev/null || true; }
host_set() { printf '%s\n' "$3" >"$run/hosts/$1/$2"; }
host_root() { echo "$run/hosts/$1/root"; }
host_exists() { [ -d "$run/hosts/$1" ]; }
host_names() {
  local dir
  for dir in "$run"/hosts/*/; do
    [ -d "$dir" ] && basename "$dir"
  done
  return 0
}

# The container's process 1 as this machine numbers it.
host_leader() {
  local pid start
  read -r pid start <"$run/hosts/$1/leader" 2>/dev/null || return 1
  [ "$(process_start "$pid")" = "$start" ] && echo "$pid"
}

host_running() { host_leader "$1" >/dev/null; }

need_host() {
  [ -n "${1:-}" ] || die "which host? (lab list shows them)"
  host_exists "$1" || die "no host $1 (lab list shows them)"
  host_running "$1" || die "host $1 is not running (lab down $1, then lab up $1)"
}

# Runs a command inside as root, without ssh: quick, and it works while the link is cut
# and while process 1 is stopped. It stays in this machine's control groups, so what
# should belong to the host must be started by the host (guest_session, systemctl).
guest() {
  local name=$1 leader
  shift
  leader=$(host_leader "$name") || die "host $name is not running"
  nsenter --target "$leader" --mount --uts --ipc --net --pid --cgroup --root --wd -- \
    /usr/bin/env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    HOME=/root LANG=C.UTF-8 TERM="${TERM:-dumb}" "$@"
}

# Runs a shell command as root in a session of the host, through sshd.
guest_session() { host_ssh root "$1" "$2"; }

# Bounded: what holds the connection open must not hold the lab.
host_ssh() { timeout 20 ssh -F "$run/ssh_config" -o BatchMode=yes -o ConnectTimeout=2 -l "$1" "$2" "${@:3}"; }

# A free-standing group keeps each host's processes apart, also from other hosts with
# units of the same names: nspawn, told to keep its unit, builds on the caller's group.
host_cgroups() {
  local dir
  for dir in /sys/fs/cgroup /sys/fs/cgroup/unified /sys/fs/cgroup/systemd; do
    [ -e "$dir/cgroup.procs" ] && echo "$dir/quarterdeck-lab-$lab_id-$1"
  done
  return 0
}

host_disk_up() {
  local dir=$1 lower=$2
  mkdir -p "$dir/disk" "$dir/root"
  # In memory: fast, and of a known size, so that a full disk is really full.
  mountpoint -q "$dir/disk" || mount -t tmpfs -o "size=$disk_size,mode=755" lab-disk "$dir/disk"
  mkdir -p "$dir/disk/upper" "$dir/disk/work"
  mountpoint -q "$dir/root" || mount -t overlay overlay \
    -o "lowerdir=$lower,upperdir=$dir/disk/upper,workdir=$dir/disk/work" "$dir/root"
}

host_identity() {
  local name=$1 root ip
  root=$(host_root "$name")
  ip=$(host_get "$name" ip)
  echo "$name" >"$root/etc/hostname"
  printf '127.0.0.1 localhost\n%s %s\n' "$ip" "$name" >"$root/etc/hosts"
  tr -d - </proc/sys/kernel/random/uuid >"$root/etc/machine-id"
  ssh-keygen -q -t ed25519 -N '' -C "$name" -f "$root/etc/ssh/ssh_host_ed25519_key"
  host_trust "$name"
  cp "$run/id.pub" "$root/etc/ssh/authorized_keys"
}

# Notes the host's present key as known.
host_trust() {
  local name=$1 root
  root=$(host_root "$name")
  echo "$name,$(host_get "$name" ip) $(cut -d' ' -f1,2 <"$root/etc/ssh/ssh_host_ed25519_key.pub")" \
    >"$run/hosts/$name/known"
  collect
}

# The files for all hosts, from the files of each; replaced at once, so that an ssh
# reading them meanwhile sees a whole one.
collect() {
  (
    flock 9
    cat "$run"/hosts/*/known >"$run/known_hosts.new" 2>/dev/null || true
    mv "$run/known_hosts.new" "$run/known_hosts"
    ssh_config >"$run/ssh_config.new"
    mv "$run/ssh_config.new" "$run/ssh_config"
  ) 9>"$run/collect.lock"
}

ssh_config() {
  local name ip user
  for name in $(host_names); do
    # Read once: a host may go meanwhile, and one word missing spoils the file for all.
    ip=$(host_get "$name" ip)
    user=$(host_get "$name" user)
    if [ -z "$ip" ] || [ -z "$user" ]; then continue; fi
    cat <<CONF
Host $name
  HostName $ip
  User $user
  IdentityFile $run/id
  IdentitiesOnly yes
  UserKnownHostsFile $run/known_hosts
  GlobalKnownHostsFile /dev/null
  StrictHostKeyChecking yes

CONF
  done
}

# Starts the container; this shell becomes it.
host_exec() {
  local name=$1 kind=$2 group arguments=()
  export SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 # control groups as on real hosts: `ss -e` names units by them
  export SYSTEMD_NSPAWN_TMPFS_TMP=0         # /tmp on the disk, so that it fills with it
  for group in $(host_cgroups "$name"); do
    mkdir -p "$group"
    echo 0 >"$group/cgroup.procs"
  done
  case $kind in
    systemd | no-rights) arguments=(--boot) ;;
    # A process 1 that is not systemd, and starts what the host's inittab says.
    no-systemd | busybox) arguments=(/bin/busybox init) ;;
  esac
  exec setsid systemd-nspawn --quiet --directory="$(host_root "$name")" --machine="$name" \
    --register=no --keep-unit --network-namespace-path="/run/netns/$(host_netns "$name")" \
    --resolv-conf=off --timezone=off --link-journal=no "${arguments[@]}"
}

host_inittab() {
  local name=$1 root
  root=$(host_root "$name")
  {
    echo '::sysinit:/bin/mkdir -p /run/sshd'
    echo "::sysinit:/bin/hostname $name"
    echo '::respawn:/usr/sbin/sshd -D'
  } >"$root/etc/inittab"
}

# The child of nspawn that is process 1 inside.
host_find_leader() {
  local pid ids
  for pid in $(descendants "$1"); do
    ids=$(awk '$1 == "NSpid:" && NF > 2 { print $NF }' "/proc/$pid/status" 2>/dev/null) || continue
    [ "$ids" = 1 ] && echo "$pid" && return
  done
  return 1
}

# Waits until $2… succeeds, looking every 50 ms: for at most 30 s, and no longer than
# the host lives.
host_wait() {
  local name=$1 deadline pid start
  shift
  deadline=$(($(now_ms) + 30000))
  read -r pid start <"$run/hosts/$name/pid"
  until "$@"; do
    [ "$(process_start "$pid")" = "$start" ] || { tail -n 5 "$run/hosts/$name/console.log" >&2; die "host $name ended while booting"; }
    [ "$(now_ms)" -lt "$deadline" ] || { tail -n 5 "$run/hosts/$name/console.log" >&2; die "host $name: no answer within 30 s to: $*"; }
    sleep 0.05
  done
}

host_note_leader() {
  local leader
  leader=$(host_find_leader "$2") || return 1
  host_set "$1" leader "$leader $(process_start "$leader")"
}

host_port_open() { timeout 1 bash -c "exec 3<>/dev/tcp/$(host_get "$1" ip)/22" 2>/dev/null; }

host_login() { host_ssh "$(host_get "$1" user)" "$1" true 2>/dev/null </dev/null; }

# Booting is over: only then is the host at rest, and a measurement of it fair.
host_settled() {
  local state
  state=$(guest "$1" systemctl is-system-running 2>/dev/null) || true
  [ "$state" = running ] || [ "$state" = degraded ]
}

host_up() {
  local name=$1 generation=$2 kind=$3 dir lower started pid
  started=$(now_ms)
  [[ $name =~ ^[a-z0-9][a-z0-9-]{0,31}$ ]] || die "a host's name has letters, digits and dashes, at most 32: $name"
  dir=$(host_dir "$name")
  # A lock a host: two calls for one name do the work once.
  exec {host_lock}>"$run/locks/$name"
  flock "$host_lock"
  if host_exists "$name"; then
    if host_running "$name" && [ -e "$dir/ready" ]; then
      [ "$(host_get "$name" generation)/$(host_get "$name" kind)" = "$generation/$kind" ] ||
        die "host $name is up as $(host_get "$name" generation), $(host_get "$name" kind): lab down $name first"
      return
    fi
    host_remove "$name"
  fi
  mkdir -p "$dir"
  lower=$(base_path "$generation")
  host_set "$name" generation "$generation"
  host_set "$name" kind "$kind"
  host_set "$name" user "$([ "$kind" = no-rights ] && echo ops2 || echo ops)"
  host_disk_up "$dir" "$lower"
  host_net_up "$name"
  host_identity "$name"
  case $kind in no-systemd | busybox) host_inittab "$name" ;; esac
  host_start "$name" "$kind"
  host_set "$name" ready "$(($(now_ms) - started))"
  say "$name is up: $generation, $kind, $(host_get "$name" ip), $(host_get "$name" ready) ms"
}

# Boots what is there, and waits until it is at rest.
host_start() {
  local name=$1 kind=$2 dir pid
  dir=$(host_dir "$name")
  (
    exec {host_lock}>&-
    host_exec "$name" "$kind"
  ) </dev/null >>"$dir/console.log" 2>&1 &
  pid=$!
  host_set "$name" pid "$pid $(process_start "$pid")"
  host_wait "$name" host_note_leader "$name" "$pid"
  host_wait "$name" host_port_open "$name"
  host_wait "$name" host_login "$name"
  case $kind in systemd | no-rights) host_wait "$name" host_settled "$name" ;; esac
}

# Pulls the plug and puts it in again: the disk is as it was in that moment.
host_reset() {
  local name=$1 group
  exec {host_lock}>"$run/locks/$name"
  flock "$host_lock"
  host_exists "$name" || die "no host $name"
  host_unplug "$name"
  for group in $(host_cgroups "$name"); do
    [ -d "$group" ] && find "$group" -depth -type d -exec rmdir {} + 2>/dev/null
  done
  host_start "$name" "$(host_get "$name" kind)"
  say "$name was reset"
}

# Ends all that runs there.
host_unplug() {
  local name=$1 pid start leader
  # Process 1 of a namespace takes the others along.
  leader=$(host_leader "$name") && kill -KILL "$leader" 2>/dev/null
  if read -r pid start 2>/dev/null <"$(host_dir "$name")/pid"; then
    for _ in $(seq 100); do
      [ "$(process_start "$pid")" = "$start" ] || break
      sleep 0.02
    done
    if [ "$(process_start "$pid")" = "$start" ]; then kill -KILL "$pid" 2>/dev/null; fi
  fi
}

# Pulls the plug. Everything is taken away by what was noted, so it also clears up
# after a half-done `up`.
host_remove() {
  local name=$1 dir group mount
  dir=$(host_dir "$name")
  host_unplug "$name"
  for group in $(host_cgroups "$name"); do
    [ -d "$group" ] && find "$group" -depth -type d -exec rmdir {} + 2>/dev/null
  done
  host_net_down "$name"
  for mount in "$dir/root" "$dir/disk"; do
    ! mountpoint -q "$mount" || umount "$mount" 2>/dev/null || umount --lazy "$mount" ||
      die "host $name: $mount does not unmount"
  done
  rm -rf --one-file-system "$dir"
}

# Has sshd read its files again. It executes itself anew and closes its port meanwhile;
# the file with its number comes back when it listens.
sshd_reload() {
  local listener
  listener=$(host_listener "$1")
  [ -n "$listener" ] || die "host $1 has no sshd"
  guest "$1" rm -f /run/sshd.pid
  kill -HUP "$listener"
  host_wait "$1" guest "$1" test -s /run/sshd.pid
}
