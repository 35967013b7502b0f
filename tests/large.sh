#!/usr/bin/env bash
# The large runs, whole: docs/large-runs.md says what each one shows. The tests of run.sh hold reduced versions of them.
# usage: large.sh [names]        names: failures million
# Prints one summary line per run, with its counts; exit code 0 only when no run found a violation.
set -uo pipefail
cd "$(dirname "$0")/.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
all=(failures million)
names=("$@")
[ "${#names[@]}" -gt 0 ] || names=("${all[@]}")
failed=0

dotnet build tests/SyncModule.LargeRuns -c Release -v quiet -nologo || exit 2
run() { dotnet run --project tests/SyncModule.LargeRuns -c Release --no-build -- "$@"; }

for name in "${names[@]}"; do
    case "$name" in
        failures) run failures || failed=1 ;;
        million) run million || failed=1 ;;
        *) echo "unknown run: $name (there are: ${all[*]})" >&2; failed=1 ;;
    esac
done
exit "$failed"
