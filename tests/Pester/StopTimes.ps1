<#
.SYNOPSIS
Measures how soon the prompt is back after Ctrl+C and after a pipeline that ends early, and looks whether what was cut off goes on afterwards.
.DESCRIPTION
No test: times belong to a machine and to what else it does. A real PowerShell runs in a terminal (tmux); its prompt function writes down when it is asked
for. Ctrl+C is pressed -Delay milliseconds after a command has begun. Each line is the median and the worst of -Rounds; the bound is 200 ms for each of them.
.EXAMPLE
./tests/Pester/StopTimes.ps1 -Rounds 5
.EXAMPLE
./tests/Pester/StopTimes.ps1 -What Import -Rounds 10
#>
[CmdletBinding()]
param(
    [ValidateRange(1, 100)]
    [int] $Rounds = 5,

    [ValidateSet('Sync', 'Follow', 'Import', 'LargeFile', 'Export', 'Items', 'First')]
    [string[]] $What = @('Sync', 'Follow', 'Import', 'LargeFile', 'Export', 'Items', 'First'),

    # Milliseconds between a command's begin and the key; each round a little later, so that it does not always meet the same step.
    [ValidateRange(10, 10000)]
    [int] $Delay = 300,

    [string] $Scratch = [IO.Path]::GetTempPath()
)

$ErrorActionPreference = 'Stop'
if (-not (Get-Command tmux -ErrorAction Ignore)) { throw 'There is no tmux; it is the terminal of this script.' }
$TestDrive = Join-Path $Scratch "syncmodule-stop-$([guid]::NewGuid().ToString('n'))"
$null = New-Item -ItemType Directory $TestDrive
. (Join-Path $PSScriptRoot 'Common.ps1')
Initialize-TestHome
$terminal = "syncmodule-stop-$PID"
$bound = 200
$pause = $Delay

function Open-Terminal {
    $begin = Get-TestPath 'begin.ps1'
    [IO.File]::WriteAllText($begin, @"
Import-Module '$ModuleFolder'
function prompt { [IO.File]::AppendAllText('$(Get-TestPath prompts)', "`$([datetime]::UtcNow.Ticks)``n"); 'PS> ' }
function Set-Begun { [IO.File]::WriteAllText('$(Get-TestPath begun)', '') }
"@)
    [IO.File]::WriteAllText((Get-TestPath 'prompts'), '')
    tmux -L $terminal -f /dev/null new-session -d -x 180 -y 50 ([Environment]::ProcessPath) -NoProfile -NoLogo -NoExit -File $begin
    $null = Wait-Until { Get-LastPrompt } 'a prompt'
}

function Get-LastPrompt { $lines = @([IO.File]::ReadAllLines((Get-TestPath 'prompts'))); if ($lines) { [long] $lines[-1] } }

function Get-PromptCount { [IO.File]::ReadAllLines((Get-TestPath 'prompts')).Count }

function Send-Line([string] $Line) {
    tmux -L $terminal send-keys -l $Line
    tmux -L $terminal send-keys Enter
}

function Wait-Prompt([int] $Count) { $null = Wait-Until { (Get-PromptCount) -gt $Count } "the prompt after what is on the screen:`n$(tmux -L $terminal capture-pane -p | Out-String)" }

function Measure-Interrupt([string] $Line, [int] $Round) {
    # Milliseconds from the key to the prompt.
    $begun = Get-TestPath 'begun'
    if (Test-Path $begun) { Remove-Item $begun }
    $before = Get-PromptCount
    Send-Line "Set-Begun; $Line"
    $null = Wait-Until { Test-Path $begun } "the begin of: $Line"
    Start-Sleep -Milliseconds ($pause + 37 * $Round)
    if ((Get-PromptCount) -gt $before) { throw "This had ended before the key was pressed: $Line" }
    $pressed = [datetime]::UtcNow.Ticks
    tmux -L $terminal send-keys C-c
    Wait-Prompt $before
    ((Get-LastPrompt) - $pressed) / 10000
}

function Write-Figure([string] $Name, [double[]] $Times) {
    $sorted = $Times | Sort-Object
    [pscustomobject]@{ Name = $Name; Median = [Math]::Round($sorted[[Math]::Floor($sorted.Count / 2)]); Worst = [Math]::Round($sorted[-1]); Unit = 'ms'; Bound = "<= $bound"; Met = $sorted[-1] -le $bound }
}

function Add-LargeFile([string] $Name, [int] $Megabytes) {
    $path = Get-TestPath $Name
    $random = [Random]::new()
    $piece = [byte[]]::new(1MB)
    $file = [IO.File]::Create($path)
    foreach ($i in 1..$Megabytes) { $random.NextBytes($piece); $file.Write($piece) }
    $file.Dispose()
    $path
}

function Add-SmallFile([string] $Folder, [int] $Count) {
    $content = [byte[]]::new(1024)
    $random = [Random]::new()
    foreach ($i in 0..($Count - 1)) {
        if ($i % 500 -eq 0) { $below = (New-Item -ItemType Directory (Join-Path $Folder "d$([int] ($i / 500))")).FullName }
        $random.NextBytes($content)
        [IO.File]::WriteAllBytes((Join-Path $below "f$i"), $content)
    }
}

function Assert-True([bool] $Condition, [string] $What) { if (-not $Condition) { throw "This should be so, and is not: $What" } }

try {
    $pair = Add-TestPair
    Open-Terminal
    if ('Sync' -in $What) {
        $times = foreach ($round in 1..$Rounds) {
            $null = Import-SyncItem (Add-LargeFile "sync$round" 300) -Vault laptop
            Measure-Interrupt 'Start-VaultSync desk -Vault laptop' $round
            $rest = Start-VaultSync desk -Vault laptop | Select-Object -Last 1
            Assert-True ($rest.Outcome -eq 'Synced') 'a sync goes on after Ctrl+C'
            Assert-True ((Get-Digest desk) -eq (Get-Digest laptop)) 'both sides are equal after it'
            Remove-Item (Get-TestPath "sync$round")
        }
        Write-Figure 'Ctrl+C in Start-VaultSync, 300 MB' $times
    }
    if ('Follow' -in $What) {
        $times = foreach ($round in 1..$Rounds) { Measure-Interrupt 'Start-VaultSync desk -Vault laptop -Follow' $round }
        Assert-True ((Start-VaultSync desk -Vault laptop | Select-Object -Last 1).ExitCode -eq 0) 'a sync runs after a follow'
        Write-Figure 'Ctrl+C in Start-VaultSync -Follow' $times
    }
    if ('Import' -in $What) {
        $folder = (New-Item -ItemType Directory (Get-TestPath 'small')).FullName
        Add-SmallFile $folder 40000
        $times = foreach ($round in 1..$Rounds) { $null = Add-TestVault "small$round"; Measure-Interrupt "Import-SyncItem '$folder' -Recurse -Root '$folder' -Vault small$round" $round }
        $rest = Import-SyncItem $folder -Recurse -Root $folder -Vault small1
        Assert-True ($rest.Failed -eq 0 -and @(Get-SyncItem -Vault small1).Count -eq 40000) 'an import goes on after Ctrl+C'
        Write-Figure 'Ctrl+C in Import-SyncItem, 40,000 files of 1 KB' $times
        Remove-Item $folder -Recurse
    }
    if ('LargeFile' -in $What -or 'Export' -in $What) {
        $large = Add-LargeFile 'large' 1000
        if ('LargeFile' -in $What) {
            $times = foreach ($round in 1..$Rounds) { $null = Add-TestVault "large$round"; Measure-Interrupt "Import-SyncItem '$large' -Vault large$round" $round; Lock-SyncVault "large$round" -Force; Remove-Item (Get-TestPath "vaults/large$round") -Recurse }
            Write-Figure 'Ctrl+C in Import-SyncItem, a file of 1 GB' $times
        }
        $null = Add-TestVault 'export'
        Assert-True ((Import-SyncItem $large -Vault export).Failed -eq 0) 'the file is there'
        if ('Export' -in $What) {
            $to = Get-TestPath 'out'
            $times = foreach ($round in 1..$Rounds) { Measure-Interrupt "Export-SyncItem large '$to' -Overwrite -Vault export" $round; Assert-True (-not (Test-Path "$to/large")) 'no half of a file' }
            Assert-True ((Export-SyncItem large $to -Vault export).Failed -eq 0 -and (Get-FileHash "$to/large").Hash -eq (Get-FileHash $large).Hash) 'an export goes on after Ctrl+C'
            Write-Figure 'Ctrl+C in Export-SyncItem, a file of 1 GB' $times
        }
        Remove-Item $large
    }
    if ('Items' -in $What -or 'First' -in $What) {
        $folder = (New-Item -ItemType Directory (Get-TestPath 'items')).FullName
        Add-SmallFile $folder 50000
        $null = Add-TestVault 'items'
        $null = Import-SyncItem $folder -Recurse -Root $folder -Vault items
        if ('Items' -in $What) {
            $times = foreach ($round in 1..$Rounds) { Measure-Interrupt 'while ($true) { Get-SyncItem -Vault items | Out-Null }' $round }
            Write-Figure 'Ctrl+C in Get-SyncItem, 50,000 items' $times
        }
    }
    if ('First' -in $What) {
        # From the first record that came to the statement's end. A file, because the pipeline has nobody else to tell.
        $lines = [ordered]@{
            'Get-SyncItem -Vault items' = 'Get-SyncItem, 50,000 items'
            'Start-VaultSync desk -Vault laptop -Follow' = 'Start-VaultSync -Follow'
            'Start-VaultSync desk -Vault laptop' = 'Start-VaultSync, with its first merge'
        }
        foreach ($line in $lines.Keys) {
            $times = foreach ($round in 1..$Rounds) {
                Invoke-Conflict (1..20 | ForEach-Object { "first/$round/$_" })
                $before = Get-PromptCount
                Send-Line "`$c = [Diagnostics.Stopwatch]::new(); $line | ForEach-Object { `$c.Start(); `$_ } | Select-Object -First 1 | Out-Null; [IO.File]::WriteAllText('$(Get-TestPath time)', `$c.Elapsed.TotalMilliseconds)"
                Wait-Prompt $before
                [double] [IO.File]::ReadAllText((Get-TestPath 'time'))
            }
            Write-Figure "Select-Object -First 1 of $($lines[$line])" $times
        }
        Assert-True ((Start-VaultSync desk -Vault laptop | Select-Object -Last 1).ExitCode -eq 0 -and (Get-Digest desk) -eq (Get-Digest laptop)) 'a sync goes on after a pipeline that ended early'
    }
}
finally {
    tmux -L $terminal kill-server 2>$null
    Close-TestHome
    Remove-Item $TestDrive -Recurse -Force
}
