# shellcheck shell=bash
# lab scenario podman NAME
#
# podman and an image `box` of nothing but busybox. What a container of ours is not allowed
# (rlimits, keyrings, cgroups of its own, overlays on overlays) podman is told to do without.

podman_packages="podman conmon crun golang-github-containers-common golang-github-containers-image
  libgpgme11 libassuan0 libsubid4 libyajl2 libdevmapper1.02.1 dmsetup libglib2.0-0 libseccomp2
  busybox-static"

scenario() {
  need_host "${1:-}"
  need_systemd "$1"
  local name=$1 root debs=$cache/podman-bookworm
  [ "$(host_get "$name" generation)" = bookworm ] || die "podman is known of bookworm only"
  root=$(host_root "$name")
  (
    flock 9
    [ -f "$debs/complete" ] && exit
    mkdir -p "$debs"
    cd "$debs"
    # shellcheck disable=SC2086
    apt-get download -qq $podman_packages || { apt-get update -qq && apt-get download -qq $podman_packages; }
    touch complete
  ) 9>"$cache/podman.lock" >/dev/null 2>&1 || die "podman cannot be downloaded"
  mkdir -p "$root/var/tmp/debs" "$root/etc/containers"
  cp "$debs"/*.deb "$root/var/tmp/debs/"
  # What they depend on beyond these is not needed here.
  guest "$name" sh -c 'dpkg -i --force-depends /var/tmp/debs/*.deb >/dev/null 2>&1; rm -r /var/tmp/debs'
  cat >"$root/etc/containers/storage.conf" <<'CONF'
[storage]
driver = "vfs"
runroot = "/run/containers/storage"
graphroot = "/var/lib/containers/storage"
CONF
  cat >"$root/etc/containers/containers.conf" <<'CONF'
[containers]
default_ulimits = []
keyring = false
seccomp_profile = "unconfined"
apparmor_profile = ""
cgroups = "disabled"
log_driver = "k8s-file"
netns = "host"
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "crun"
CONF
  guest "$name" sh -ec 'mkdir -p /var/tmp/box/bin; cd /var/tmp/box; cp /bin/busybox bin/
    for tool in sh sleep echo date seq cat; do ln -s busybox bin/$tool; done
    tar c . | podman import - box:1 >/dev/null 2>&1; cd /; rm -r /var/tmp/box
    podman run --rm --ulimit host box:1 /bin/echo podman runs' >&2
}
