# Who acts on what there and what was deployed, without a process. See act/host.sh for the files.
qd_now_claims() {
  [ -d /var/lib/quarterdeck/subjects ] || return 0
  set +f
  set -- /var/lib/quarterdeck/subjects/*/claim/claim
  set -f
  qd_n=0
  for qd_f; do
    qd_n=$((qd_n + 1))
    if [ "$qd_n" -gt 200 ]; then break; fi
    if ! [ -f "$qd_f" ] || ! [ -r "$qd_f" ]; then continue; fi
    qd_a=${qd_f%/claim/claim}
    qd_out="${qd_out}claim ${qd_a##*/}
"
    qd_m=0
    while IFS= read -r qd_x && [ "$qd_m" -lt 12 ]; do
      qd_m=$((qd_m + 1))
      qd_out="${qd_out}claim.$qd_x
"
    done <"$qd_f"
  done
  set +f
  set -- /var/lib/quarterdeck/subjects/*/deployed
  set -f
  qd_n=0
  for qd_f; do
    qd_n=$((qd_n + 1))
    if [ "$qd_n" -gt 200 ]; then break; fi
    if ! [ -f "$qd_f" ] || ! [ -r "$qd_f" ]; then continue; fi
    qd_a=${qd_f%/deployed}
    IFS= read -r qd_x <"$qd_f" && qd_out="${qd_out}deployed ${qd_a##*/} $qd_x
"
  done
}
