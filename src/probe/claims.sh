# Who acts on what there, what was deployed and how drills went, without a process. See act/host.sh for the files.
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
  for qd_k in deployed drilled; do
    set +f
    set -- /var/lib/quarterdeck/subjects/*/$qd_k
    set -f
    qd_n=0
    for qd_f; do
      qd_n=$((qd_n + 1))
      if [ "$qd_n" -gt 200 ]; then break; fi
      if ! [ -f "$qd_f" ] || ! [ -r "$qd_f" ]; then continue; fi
      qd_a=${qd_f%/*}
      IFS= read -r qd_x <"$qd_f" && qd_out="${qd_out}$qd_k ${qd_a##*/} $qd_x
"
    done
  done
}
