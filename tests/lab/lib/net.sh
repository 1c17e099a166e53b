# shellcheck shell=bash
# One bridge for the lab, and for each host a namespace with one link to it.

bridge=qdl-$lab_id

# The first three numbers of the lab's subnet.
net_prefix() { cat "$run/net" 2>/dev/null; }

net_up() {
  (
    # All labs of the machine choose under one lock.
    flock 9
    if ! ip link show "$bridge" >/dev/null 2>&1; then
      local n used
      used=$(ip -4 -o addr; ip -4 route)
      for n in $(seq 0 255); do
        case $used in *" 10.77.$n."*) continue ;; esac
        break
      done
      ip link add "$bridge" type bridge
      ip addr add "10.77.$n.1/24" dev "$bridge"
      ip link set "$bridge" up
      echo "10.77.$n" >"$run/net"
    fi
    # Each host's systemd takes a handful; 128 would do for about ten hosts.
    local limit=/proc/sys/fs/inotify/max_user_instances
    [ "$(cat $limit)" -ge 1024 ] || echo 1024 >$limit
  ) 9>/run/lock/quarterdeck-lab-net
}

net_down() {
  ip link del "$bridge" 2>/dev/null || true
}

host_netns() { echo "qdl-$lab_id-$1"; }
host_link() { echo "qdl-$lab_id-$(host_get "$1" octet)"; }

# Gives host $1 its address. It is kept until the host goes down.
host_net_up() {
  local name=$1 octet link netns prefix mac
  netns=$(host_netns "$name")
  prefix=$(net_prefix)
  exec {net_lock}>"$run/net.lock"
  flock "$net_lock"
  for octet in $(seq 11 250); do
    grep -qsx "$octet" "$run"/hosts/*/octet || break
  done
  host_set "$name" octet "$octet"
  exec {net_lock}>&-
  link=$(host_link "$name")
  host_set "$name" ip "$prefix.$octet"
  mac=$(printf '02:71:64:%02x:%02x:%02x' "0x${lab_id:0:2}" "0x${lab_id:2:2}" "$octet")
  ip link del "$link" 2>/dev/null || true
  ip netns del "$netns" 2>/dev/null || true
  ip netns add "$netns"
  ip link add "$link" type veth peer name host0 address "$mac" netns "$netns"
  ip link set "$link" master "$bridge" up
  ip -n "$netns" link set lo up
  ip -n "$netns" addr add "$prefix.$octet/24" dev host0
  ip -n "$netns" link set host0 up
  ip -n "$netns" route add default via "$prefix.1"
  # A known neighbor for good: with the link cut, packets then vanish as they do far
  # away, instead of the kernel here saying "no route to host" for want of an answer.
  ip neigh replace "$prefix.$octet" lladdr "$mac" dev "$bridge" nud permanent
}

host_net_down() {
  local name=$1 ip
  ip=$(host_get "$name" ip)
  [ -z "$ip" ] || ip neigh del "$ip" dev "$bridge" 2>/dev/null || true
  ip link del "$(host_link "$name")" 2>/dev/null || true
  ip netns del "$(host_netns "$name")" 2>/dev/null || true
}
