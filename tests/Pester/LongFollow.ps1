<#
.SYNOPSIS
Follows two vaults in a job for ten minutes while another process edits both, and looks whether every event comes once and memory stays.
.DESCRIPTION
A long run, not part of the tests. The last line says what was found; the exit code is 1 when an event was lost or came twice, or when private memory grew
by more than 10 MB between minute 2 and the end.
.EXAMPLE
./tests/Pester/LongFollow.ps1 -Minutes 10
#>
[CmdletBinding()]
param(
    [ValidateRange(1, 1440)]
    [int] $Minutes = 10,

    # Milliseconds between two edits of the other process.
    [ValidateRange(1, 60000)]
    [int] $Pause = 250,

    [string] $Scratch = [IO.Path]::GetTempPath()
)

$ErrorActionPreference = 'Stop'
$TestDrive = Join-Path $Scratch "syncmodule-follow-$([guid]::NewGuid().ToString('n'))"
$null = New-Item -ItemType Directory $TestDrive
. (Join-Path $PSScriptRoot 'Common.ps1')
Initialize-TestHome

function Get-PrivateMB {
    # Private and written, once garbage is gone: when the runtime collects is its own affair, and clean pages of files come and go with other processes.
    [GC]::Collect()
    [GC]::WaitForPendingFinalizers()
    [GC]::Collect()
    if (-not $IsLinux) { return [Math]::Round((Get-Process -Id $PID).PrivateMemorySize64 / 1MB, 1) }
    $kilobytes = [IO.File]::ReadLines('/proc/self/smaps_rollup') | Where-Object { $_ -match '^Private_Dirty: +(\d+)' } | ForEach-Object { [long] $Matches[1] } | Measure-Object -Sum
    [Math]::Round($kilobytes.Sum / 1KB, 1)
}

$failed = $false
try {
    $pair = Add-TestPair
    $job = Start-VaultSync desk -Vault laptop -Follow -AsJob
    $null = Wait-Until { $job.ChildJobs[0].StatusMessage -eq 'in sync' } 'a connection'
    $editor = Open-Pwsh {
        param([string] $Module, [int] $Minutes, [int] $Pause)
        Import-Module $Module
        $end = [datetime]::Now.AddMinutes($Minutes)
        $desk = $laptop = 0
        for ($i = 1; [datetime]::Now -lt $end; $i++) {
            # Every tenth name is written on both sides at once; what competes is decided by the rules.
            $both = $i % 10 -eq 0
            if ($both -or $i % 2) { Set-SyncItem "item/$($i % 500)" "desk $i" -Vault desk; $desk++ }
            if ($both -or -not ($i % 2)) { Set-SyncItem "item/$($i % 500)" "laptop $i" -Vault laptop; $laptop++ }
            Start-Sleep -Milliseconds $Pause
        }
        "$desk $laptop"
    } @($ModuleFolder, "$Minutes", "$Pause")

    $clock = [Diagnostics.Stopwatch]::StartNew()
    $kinds = @{}
    $merges = [Collections.Generic.HashSet[string]]::new()
    $received = $twice = 0
    $atTwo = $null
    $nextMinute = 1
    while (-not $editor.Process.HasExited -or $job.HasMoreData) {
        foreach ($record in Receive-Job $job) {
            $kinds["$($record.Kind)"]++
            if ($record.Kind -eq 'Received') { $received += $record.Count }
            if ($record.Kind -eq 'Merge' -and -not $merges.Add($record.Id)) { $twice++ }
        }
        if ($clock.Elapsed.TotalMinutes -ge $nextMinute) {
            $private = Get-PrivateMB
            if ($nextMinute -eq 2) { $atTwo = $private }
            '{0:mm\:ss}  {1:N1} MB private ({5:N1} MB of objects), {2} commits received, {3} merge records, job {4}' -f $clock.Elapsed, $private, $received, $merges.Count, $job.State, ([GC]::GetTotalMemory($false) / 1MB)
            $nextMinute++
        }
        Start-Sleep -Milliseconds 500
        # After the editor's end: until both hold the same and nothing comes any more.
        if ($editor.Process.HasExited -and -not $job.HasMoreData) { $null = Wait-VaultSync desk -Vault laptop -TimeoutSec 60; Start-Sleep -Seconds 2 }
    }
    $atEnd = Get-PrivateMB
    $written = (Complete-Process $editor).Lines[-1] -split ' '
    $standing = @(Get-SyncMerge -Vault laptop)
    $missing = @($standing | Where-Object { -not $merges.Contains($_.Id) })
    $state = $job.State
    Stop-Job $job
    $same = (Get-Digest desk) -eq (Get-Digest laptop)
    "events: $(($kinds.GetEnumerator() | Sort-Object Key | ForEach-Object { "$($_.Key) $($_.Value)" }) -join ', '); job was $state"
    "commits: desk wrote $($written[0]), received here $received; laptop wrote $($written[1]); both sides equal: $same"
    "merge records: $($merges.Count) came, $twice of them twice; $($standing.Count) stand in the vault, $($missing.Count) of them never came"
    if ($null -ne $atTwo) { "memory: $atTwo MB at minute 2, $atEnd MB at the end, growth $([Math]::Round($atEnd - $atTwo, 1)) MB" }
    $failed = $received -ne [long] $written[0] -or $twice -or $missing.Count -or -not $same -or $state -ne 'Running' -or ($null -ne $atTwo -and $atEnd - $atTwo -gt 10)
    $failed ? 'FAILED' : 'all events came once'
}
finally {
    Close-TestHome
    Remove-Item $TestDrive -Recurse -Force
}
exit [int] $failed
