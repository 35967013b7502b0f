<#
.SYNOPSIS
Measures what the module promises about speed: import of the module, files through the pipeline, objects, completion.
.DESCRIPTION
No test: times belong to a machine and to what else it does. Each line is a median of -Rounds, each round in a PowerShell of its own, beside its bound.
.EXAMPLE
./tests/Pester/Speed.ps1 -Rounds 5
.EXAMPLE
./build.ps1 Pack; ./tests/Pester/Speed.ps1 -Packed -What Files
#>
[CmdletBinding()]
param(
    [ValidateRange(1, 100)]
    [int] $Rounds = 5,

    [ValidateSet('Module', 'Files', 'Objects', 'Completion')]
    [string[]] $What = @('Module', 'Files', 'Objects', 'Completion'),

    # What build.ps1 Pack has made for this system, instead of what a build has.
    [switch] $Packed,

    # Where vaults and files go for the time of the run. Get-ChildItem reads every folder on the way to the location, to spell it as the disk
    # does: below a folder for temporary files that holds twenty thousand, it takes 18 ms more.
    [string] $Scratch = (Join-Path $PSScriptRoot '..' '..' 'output')
)

$ErrorActionPreference = 'Stop'
$root = Join-Path (Resolve-Path $Scratch).Path "syncmodule-speed-$([guid]::NewGuid().ToString('n'))"
$TestDrive = $root
$null = New-Item -ItemType Directory $root
. (Join-Path $PSScriptRoot 'Common.ps1')
if ($Packed) {
    $package = Get-Item (Join-Path $Repository "output/packages/SyncModule.*.$([Runtime.InteropServices.RuntimeInformation]::RuntimeIdentifier).zip")
    [IO.Compression.ZipFile]::ExtractToDirectory($package.FullName, $root)
    $ModuleFolder = Join-Path $root 'SyncModule'
    function Get-Mirord { Join-Path $Repository 'output' 'mirord' ($IsWindows ? 'mirord.exe' : 'mirord') }
}
Initialize-TestHome

function Get-Median([double[]] $Value) { ($Value | Sort-Object)[[Math]::Floor($Value.Count / 2)] }

function Reset-Machine {
    # A virtual machine may hand free pages back to its host, and the next process that touches them pays: so each begins with pages that
    # have just been touched and freed, and with a disk that has nothing to do.
    $null = Invoke-Pwsh { $bytes = [byte[]]::new(1GB); [Array]::Fill($bytes, [byte] 1) }
    if (-not $IsWindows) { sync }
}

function Measure-Once([int] $Round, [scriptblock] $Script, [string[]] $Arguments = @()) {
    # The last line of the script is the figure.
    Reset-Machine
    $result = Invoke-Pwsh $Script (@($ModuleFolder, "$Round") + $Arguments)
    if ($result.ExitCode -ne 0 -or $result.Error) { throw $result.Error }
    [double]::Parse($result.Lines[-1], [cultureinfo]::InvariantCulture)
}

function Measure-Round([scriptblock] $Script, [string[]] $Arguments = @()) {
    Get-Median @(foreach ($round in 1..$Rounds) { Measure-Once $round $Script $Arguments })
}

function Write-Figure([string] $Name, [double] $Value, [string] $Unit, [string] $Bound, [bool] $Met) {
    [pscustomobject]@{ Name = $Name; Value = [Math]::Round($Value, 2); Unit = $Unit; Bound = $Bound; Met = $Met }
}

function Add-SmallFile([string] $Folder, [int] $Count, [int] $Bytes) {
    $random = [Random]::new(1)
    $content = [byte[]]::new($Bytes)
    foreach ($i in 0..($Count - 1)) {
        if ($i % 100 -eq 0) { $below = (New-Item -ItemType Directory (Join-Path $Folder ('d{0:d3}' -f [int] ($i / 100)))).FullName }
        $random.NextBytes($content)
        [IO.File]::WriteAllBytes((Join-Path $below ('f{0:d5}' -f $i)), $content)
    }
}

function Add-ManyItem([string] $Vault, [int] $Count) {
    $folder = Get-TestPath "many-$Vault"
    Add-SmallFile $folder $Count 1
    $null = Add-TestVault $Vault
    $null = Import-SyncItem $folder -Recurse -Root $folder -Vault $Vault
}

try {
    if ('Module' -in $What) {
        $value = Measure-Round {
            $clock = [Diagnostics.Stopwatch]::StartNew()
            Import-Module $args[0]
            $clock.Elapsed.TotalMilliseconds.ToString([cultureinfo]::InvariantCulture)
        }
        Write-Figure 'Import-Module' $value 'ms' '<= 200' ($value -le 200)
    }
    if ('Files' -in $What) {
        $files = Get-TestPath 'files'
        Add-SmallFile $files 10000 1024
        $line = [double[]]::new($Rounds)
        $cli = [double[]]::new($Rounds)
        foreach ($round in 1..$Rounds) {
            # In turns, so that both have the same minutes of the machine.
            $line[$round - 1] = Measure-Once $round {
                Import-Module $args[0]
                $folder = Join-Path $env:SYNCMODULE_HOME "module-$($args[1])"
                $null = New-SyncVault "module$($args[1])" -Path $folder -KeyFile "$folder.key" -Device m
                $vault = "module$($args[1])"
                Set-Location $args[2]
                $clock = [Diagnostics.Stopwatch]::StartNew()
                $summary = Get-ChildItem -File -Recurse | Import-SyncItem -Vault $vault
                $clock.Stop()
                if ($summary.Files -ne 10000) { throw "$($summary.Files) files" }
                $clock.Elapsed.TotalSeconds.ToString([cultureinfo]::InvariantCulture)
            } $files
            $null = Add-TestVault "cli$round"
            Lock-SyncVault "cli$round" -Force
            Reset-Machine
            $cli[$round - 1] = (Invoke-Mirord 'import' "cli$round" @($files, '--json') | ConvertFrom-Json).seconds
        }
        $line, $cli = (Get-Median $line), (Get-Median $cli)
        Write-Figure 'mirord import, 10,000 files of 1 KB' $cli 's' '' $true
        Write-Figure 'Get-ChildItem | Import-SyncItem, the same' $line 's' "<= $([Math]::Round(1.5 * $cli, 2))" ($line -le 1.5 * $cli)
    }
    if ('Objects' -in $What) {
        Add-ManyItem objects 100000
        $value = Measure-Round {
            Import-Module $args[0]
            $null = Get-SyncItem d000/* -Vault objects
            $clock = [Diagnostics.Stopwatch]::StartNew()
            Get-SyncItem -Vault objects | Out-Null
            (100000 / $clock.Elapsed.TotalSeconds).ToString([cultureinfo]::InvariantCulture)
        }
        Write-Figure 'Get-SyncItem, 100,000 items, to Out-Null' $value 'objects/s' '>= 100000' ($value -ge 100000)
        $value = Measure-Round {
            Import-Module $args[0]
            $null = Get-SyncItem d000/* -Vault objects
            $clock = [Diagnostics.Stopwatch]::StartNew()
            $count = 0
            Get-SyncItem -Vault objects | ForEach-Object { $count++ }
            if ($count -ne 100000) { throw "$count items" }
            ($count / $clock.Elapsed.TotalSeconds).ToString([cultureinfo]::InvariantCulture)
        }
        Write-Figure 'Get-SyncItem, 100,000 items, to ForEach-Object' $value 'objects/s' '>= 100000' ($value -ge 100000)
        $value = Measure-Round {
            $clock = [Diagnostics.Stopwatch]::StartNew()
            $count = 0
            1..100000 | ForEach-Object { $count++ }
            ($count / $clock.Elapsed.TotalSeconds).ToString([cultureinfo]::InvariantCulture)
        }
        # What the line above costs without this module, in a process as new.
        Write-Figure '100,000 numbers to ForEach-Object' $value 'objects/s' '' $true
    }
    if ('Completion' -in $What) {
        Add-ManyItem completion 10000
        $value = Measure-Round {
            Import-Module $args[0]
            $null = Get-SyncItem d000/* -Vault completion
            $line = 'Get-SyncValue -Vault completion -Name '
            # The first completion of a process loads the completers of PowerShell itself.
            $null = [Management.Automation.CommandCompletion]::CompleteInput('Get-Item -Pa', 12, $null)
            $clock = [Diagnostics.Stopwatch]::StartNew()
            $found = [Management.Automation.CommandCompletion]::CompleteInput($line + 'd05', $line.Length + 3, $null)
            $clock.Stop()
            if ($found.CompletionMatches.Count -lt 900) { throw "$($found.CompletionMatches.Count) matches" }
            $clock.Elapsed.TotalMilliseconds.ToString([cultureinfo]::InvariantCulture)
        }
        Write-Figure 'Completion of a name, 10,000 items' $value 'ms' '<= 50' ($value -le 50)
    }
}
finally {
    Close-TestHome
    Remove-Item $root -Recurse -Force
}
