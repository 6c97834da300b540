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
aside=$target.$$
trap 'rm -f "$aside"' EXIT
while IFS= read -r line; do
    case $line in
    '# $ '*) command=${line#'# $ '} ;;
    [A-Z]*=)
        # On a line of its own: within the other command, nobody would see that it failed, or gave nothing.
        value=$(sh -c "$command")
        [ -n "$value" ] || { echo "'$command' gave nothing for ${line%=}." >&2; exit 1; }
        printf '%s%s\n' "$line" "$value"
        ;;
    esac
done <.env.example >"$aside"
mv "$aside" "$target"
echo "Wrote $target."
