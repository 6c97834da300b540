#!/bin/sh
# Writes .env with a random value for each name of .env.example.
set -eu
cd "$(dirname "$0")/.."
target=${1:-.env}
if [ -e "$target" ]; then
    echo "$target exists, and the databases know its passwords. Move it away to make another." >&2
    exit 1
fi
umask 077
while IFS= read -r line; do
    case $line in
    '# $ '*) command=${line#'# $ '} ;;
    [A-Z]*=) printf '%s%s\n' "$line" "$(sh -c "$command")" ;;
    esac
done <.env.example >"$target"
echo "Wrote $target."
