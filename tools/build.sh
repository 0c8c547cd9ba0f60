# Configures and builds a tree with its output in a log. Sourced by quickstart and run-tests, which set $root.
# shellcheck shell=bash

# Prints a meson that works and is new enough: a Python environment on the PATH may hide the system's.
find_meson() {
  local meson version
  for meson in meson /usr/bin/meson; do
    version=$("$meson" --version 2>/dev/null) || continue
    [[ ${version%%.*} -ge 1 ]] && command -v "$meson" && return 0
  done
  echo "No usable meson 1.0 or newer. Remedy: apt-get install meson" >&2
  return 1
}

# quietly LOG WHAT COMMAND...: the output goes to LOG; on failure its end is shown.
quietly() {
  local log=$1 what=$2
  shift 2
  mkdir -p "$(dirname "$log")"
  "$@" >"$log" 2>&1 </dev/null && return 0
  tail -n 40 "$log" >&2
  echo "$what failed; the whole output is in $log" >&2
  return 1
}

# build_tree DIR [OPTION...]: meson setup where it is needed, then an incremental build.
# Without options a tree that is configured already stays as it is. $build_targets narrows down what is built.
build_targets=()
build_tree() {
  local dir=$1 meson stamp wanted known=
  shift
  meson=$(find_meson)
  stamp=$dir/.configured
  wanted="$root|$("$meson" --version)|$*"
  [[ -f $stamp ]] && known=$(<"$stamp")
  # A tree made for another place cannot be used again: its paths are absolute.
  if [[ -d $dir/meson-info ]] && ! grep -qF "\"source\": \"$root\"" "$dir/meson-info/meson-info.json" 2>/dev/null; then
    rm -rf "$dir"
  fi
  if [[ ! -f $dir/build.ninja ]]; then
    echo "Configuring ${dir#"$root"/}"
    rm -rf "$dir"
    quietly "$root/build-logs/setup-$(basename "$dir").log" "Configuring" "$meson" setup "$dir" "$root" "$@" || return 1
    echo "$wanted" >"$stamp"
  elif [[ $# -gt 0 && $known != "$wanted" ]]; then
    echo "Configuring ${dir#"$root"/} again"
    quietly "$root/build-logs/setup-$(basename "$dir").log" "Configuring" "$meson" setup --reconfigure "$dir" "$root" "$@" || return 1
    echo "$wanted" >"$stamp"
  fi
  if ! ninja -C "$dir" -n ${build_targets[@]+"${build_targets[@]}"} 2>/dev/null | grep -q 'no work to do'; then
    echo "Building ${dir#"$root"/}"
    quietly "$root/build-logs/build-$(basename "$dir").log" "Building" ninja -C "$dir" ${build_targets[@]+"${build_targets[@]}"} || return 1
  fi
}
