# Debian packages by group, and a function that installs what is missing. Sourced by quickstart and run-tests.
# shellcheck shell=bash

# group, package, and optionally a command: where the command is there already, the package is not asked for.
package_table() {
  cat <<'END'
build meson
build ninja-build
build g++
build pkg-config
build libgstreamer1.0-dev
build libgstreamer-plugins-base1.0-dev
build libgstreamer-plugins-bad1.0-dev
build libsoup-3.0-dev
build libjson-glib-dev
build libnice-dev
build libssl-dev
build libglib2.0-dev-bin
build libgtest-dev
run gstreamer1.0-tools
run gstreamer1.0-plugins-base
run gstreamer1.0-plugins-good
run gstreamer1.0-plugins-bad
run gstreamer1.0-plugins-ugly
run gstreamer1.0-libav
run gstreamer1.0-nice
run gstreamer1.0-x
run glib-networking
test git git
test clang-format clang-format
test python3 python3
test python3-gi
test gir1.2-gstreamer-1.0
test gir1.2-gst-plugins-base-1.0
test gir1.2-gst-plugins-bad-1.0
test gir1.2-gst-rtsp-server-1.0
test gstreamer1.0-plugins-base-apps
test curl curl
test openssl openssl
test procps pgrep
test nodejs node
test npm npm
test chromium chromium
test firefox-esr firefox-esr
test coturn turnserver
test nftables nft
test iproute2 ip
END
}

# Prints the packages of the given groups that are not installed, one per line.
missing_packages() {
  local group package command installed wanted=()
  while read -r group package command; do
    [[ " $* " == *" $group "* ]] || continue
    [[ -n $command ]] && PATH=$PATH:/usr/sbin:/sbin command -v "$command" >/dev/null && continue
    wanted+=("$package")
  done < <(package_table)
  installed=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' "${wanted[@]}" 2>/dev/null || true)
  for package in "${wanted[@]}"; do
    grep -qxF "$package installed" <<<"$installed" || echo "$package"
  done
}

# install_packages LOG GROUP...: installs what is missing, with apt's output in LOG.
install_packages() {
  local log=$1 missing=() as_root=()
  shift
  if ! { command -v dpkg-query && command -v apt-get; } >/dev/null; then
    echo "This is not a Debian system: the packages it needs are listed in tools/packages.sh, install their like by hand." >&2
    return 0
  fi
  mapfile -t missing < <(missing_packages "$@")
  [[ ${#missing[@]} -eq 0 ]] && return 0
  if [[ $(id -u) -ne 0 ]]; then
    if ! command -v sudo >/dev/null || ! { [[ -t 0 ]] || sudo -n true 2>/dev/null; }; then
      printf 'Packages are missing and this user may not install them.\nRun as root: apt-get install --no-install-recommends %s\n' "${missing[*]}" >&2
      return 1
    fi
    as_root=(sudo)
  fi
  echo "Installing ${#missing[@]} packages: ${missing[*]}"
  mkdir -p "$(dirname "$log")"
  local apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=600)
  if ! { "${apt[@]}" update && "${apt[@]}" install --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
    tail -n 20 "$log" >&2
    printf 'Installing packages failed; the whole output is in %s\nRemedy: see that the network and the package sources work, then run as root: apt-get install --no-install-recommends %s\n' "$log" "${missing[*]}" >&2
    return 1
  fi
}
