# Sourced by the scripts that set up what tests need.

say() { printf '\n== %s\n' "$*"; }
fail() { printf '%s: %s\n' "${0##"$PWD/"}" "$*" >&2; exit 1; }

# install_package NAME PACKAGE ...
install_package() {
    local sudo="" name=$1
    shift
    command -v apt-get >/dev/null || fail "no $name found: install it"
    if [ "$(id -u)" != 0 ]; then
        sudo -n true 2>/dev/null || fail "no $name found: run 'apt-get install $*' as root once"
        sudo="sudo"
    fi
    say "Installing $name"
    $sudo apt-get update -qq
    DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}
