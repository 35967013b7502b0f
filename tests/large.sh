#!/usr/bin/env bash
# The large runs: docs/reliability.md says what each one shows and has their last summary lines. The tests of run.sh hold reduced versions.
# usage: large.sh [--quick] [names]        names: failures kills power nonces bits million convergence devices seeds (all without names)
# --quick: minutes instead of hours, by leaving out most places. Each run prints one summary line with its counts; a run that cannot be done
# here says why and counts as failed. Exit code 0 only when every run was done and none found a violation.
set -uo pipefail
cd "$(dirname "$0")/.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
all=(failures kills power nonces bits million convergence devices seeds)
quick=0
names=()
for argument in "$@"; do
    if [ "$argument" = --quick ]; then quick=1; else names+=("$argument"); fi
done
[ "${#names[@]}" -gt 0 ] || names=("${all[@]}")
failed=0

# either QUICK WHOLE: the number for this kind of run.
either() { if [ "$quick" = 1 ]; then echo "$1"; else echo "$2"; fi; }
build() { dotnet build "$@" -c Release -v quiet -nologo || exit 2; }
run() { dotnet tests/SyncModule.LargeRuns/bin/Release/net10.0/SyncModule.LargeRuns.dll "$@" || failed=1; }

# told PLANT N: the run of nonces in a build of its own that tells of every sealing, with a planted mistake or ("") without.
told() {
    local out="output/large/sealings${1:+-$1}"
    build tests/SyncModule.LargeRuns -p:Sealings=true -p:RunAnalyzers=false -p:TreatWarningsAsErrors=false ${1:+"-p:Plant=$1"} --artifacts-path "$out"
    dotnet "$out/bin/SyncModule.LargeRuns/release/SyncModule.LargeRuns.dll" nonces --sealings "$2"
}

build tests/SyncModule.LargeRuns
for name in "${names[@]}"; do
    case "$name" in
        failures) run failures --stride "$(either 41 1)" ;;
        kills)
            build src/SyncModule.Daemon
            run kills --mirord src/SyncModule.Daemon/bin/Release/net10.0/mirord.dll --stride "$(either 9 1)" ;;
        power) run power --images "$(either 40 200)" ;;
        nonces)
            told "" "$(either 100000 1000000)" || failed=1
            # It bites: with objects of one epoch under one key, or commits of two places under one, it must not end well.
            for plant in KeyWithoutContent SivWithoutPlace; do
                summary=$(told "$plant" 20000 | tail -n 1)
                case "$summary" in
                    *"violations=0 "*) echo "nonces does not find the planted mistake $plant"; failed=1 ;;
                    *violations=*) echo "  with $plant: $summary" ;;
                    *) echo "nonces could not be run with $plant: $summary"; failed=1 ;;
                esac
            done ;;
        bits) run bits --stride "$(either 61 1)" --full-every "$(either 63 511)" ;;
        million) run million --items "$(either 50000 1000000)" ;;
        convergence) run convergence --cases "$(either 20000 1000000)" ;;
        devices) run devices --operations "$(either 1000 10000)" ;;
        seeds)
            build tests/SyncModule.Simulation
            dotnet tests/SyncModule.Simulation/bin/Release/net10.0/SyncModule.Simulation.dll --seeds "$(either 500 10000)" || failed=1 ;;
        *) echo "unknown run: $name (there are: ${all[*]})" >&2; failed=1 ;;
    esac
done
exit "$failed"
