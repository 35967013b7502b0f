#!/usr/bin/env bash
# All the tests of the project: build, formatting, unit and process tests, 1,000 seeds of the simulation, Pester where PowerShell is.
# The last line is "N passed, N failed, N skipped". Exit code 0 only when nothing failed.
set -uo pipefail
cd "$(dirname "$0")/.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
passed=0 failed=0 skipped=0

step() { printf '\n== %s\n' "$*"; }
fail() { printf 'FAILED: %s\n' "$*"; failed=$((failed + 1)); }
finish() { printf '\n%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"; [ "$failed" -eq 0 ]; exit $?; }

step "native libraries"
missing=()
ldconfig -p 2>/dev/null | grep -q 'libsodium\.so\.\(23\|26\)' || missing+=(libsodium23)
ldconfig -p 2>/dev/null | grep -q 'libzstd\.so\.1' || missing+=(libzstd1)
command -v strace >/dev/null || missing+=(strace)
# The reader in another language (tests/interop) runs under Debian's own Python; without it its tests are skipped and say so.
if [ -x /usr/bin/python3 ]; then /usr/bin/python3 -c 'import nacl.bindings, cryptography' 2>/dev/null || missing+=(python3-nacl python3-cryptography); else missing+=(python3 python3-nacl python3-cryptography); fi
if [ "${#missing[@]}" -gt 0 ]; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        apt-get update -qq && apt-get install -y -qq "${missing[@]}" >/dev/null || echo "could not install: ${missing[*]}"
    else
        echo "missing: ${missing[*]} (apt-get install -y ${missing[*]})"
    fi
else
    echo "present"
fi

step "build"
if ! dotnet build SyncModule.sln -c Release -v quiet -nologo; then fail "build"; finish; fi

step "formatting"
if dotnet format SyncModule.sln --verify-no-changes --no-restore -v quiet; then passed=$((passed + 1)); else fail "dotnet format --verify-no-changes"; fi

for project in Core Engine Daemon Commands; do
    step "tests: $project"
    log=$(mktemp)
    dotnet test "tests/SyncModule.$project.Tests" -c Release --no-build -nologo --blame-hang-timeout 10m 2>&1 | tee "$log" | grep -vE '^\s*$|Test run for|VSTest|A total of|Attachments' | cut -c1-600
    summary=$(grep -E '(Passed|Failed)! ' "$log" | tail -n 1)
    if [ -z "$summary" ]; then fail "$project: the test run ended without a summary"; rm -f "$log"; continue; fi
    number() { printf '%s' "$summary" | sed -nE "s/.*$1: *([0-9]+).*/\1/p"; }
    passed=$((passed + $(number Passed))) failed=$((failed + $(number Failed))) skipped=$((skipped + $(number Skipped)))
    rm -f "$log"
done

step "simulation: ${SIMULATION_SEEDS:-1000} seeds"
if dotnet run --project tests/SyncModule.Simulation -c Release --no-build -- --seeds "${SIMULATION_SEEDS:-1000}"; then passed=$((passed + 1)); else fail "simulation"; fi

step "Pester"
if ! command -v pwsh >/dev/null; then
    echo "SKIPPED: PowerShell 7.6 (pwsh) is not on this machine, so nothing of the module's face was tested"
    skipped=$((skipped + 1))
elif ! pwsh -NoProfile -Command 'exit [int](-not (Get-Module -ListAvailable Pester))'; then
    echo "SKIPPED: pwsh is here but Pester is not (Install-PSResource Pester), so nothing of the module's face was tested"
    skipped=$((skipped + 1))
else
    pwsh -NoProfile -Command '"PowerShell $($PSVersionTable.PSVersion), Pester $((Get-Module -ListAvailable Pester | Sort-Object Version)[-1].Version)"'
    if pwsh -NoProfile -Command 'Invoke-Pester tests/Pester -CI'; then passed=$((passed + 1)); else fail "Pester"; fi
fi

finish
