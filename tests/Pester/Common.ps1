# What all test files share; dot-sourced in their BeforeAll. Each file has a home of its own below its TestDrive: vaults.json, witnesses,
# vaults, key files, and the user's folder. Nothing outside TestDrive is written.

. (Join-Path $PSScriptRoot 'Processes.ps1')

$Repository = (Resolve-Path (Join-Path $PSScriptRoot '..' '..')).Path
$ModuleFolder = Join-Path $Repository 'output' 'SyncModule'
$TestVariables = @('SYNCMODULE_HOME', 'SYNCMODULE_VAULT', 'SYNCMODULE_KEYFILE', 'SYNCMODULE_PASSPHRASE', 'HOME', 'PSModulePath')
$TestState = @{ Saved = @{}; Root = $null }

function Initialize-TestHome {
    # An empty home, the module from the build's output, and a PSModulePath on which other processes find it too.
    if (-not (Test-Path (Join-Path $ModuleFolder 'SyncModule.psd1'))) { throw "Build the module first: dotnet build src/SyncModule.Commands lays out $ModuleFolder" }
    foreach ($name in $TestVariables) { $TestState.Saved[$name] = [Environment]::GetEnvironmentVariable($name) }
    $TestState.Root = (New-Item -ItemType Directory -Path (Join-Path $TestDrive 'root')).FullName
    foreach ($name in 'SYNCMODULE_VAULT', 'SYNCMODULE_KEYFILE', 'SYNCMODULE_PASSPHRASE') { [Environment]::SetEnvironmentVariable($name, $null) }
    $env:SYNCMODULE_HOME = Get-TestPath 'home'
    $env:HOME = (New-Item -ItemType Directory -Path (Get-TestPath 'user')).FullName
    $env:PSModulePath = (Split-Path $ModuleFolder) + [IO.Path]::PathSeparator + $env:PSModulePath
    Import-Module (Join-Path $ModuleFolder 'SyncModule.psd1')
}

function Close-TestHome {
    Close-Process
    Get-Job | Where-Object PSJobTypeName -EQ 'SyncJob' | Remove-Job -Force
    # Open files cannot be deleted on every system.
    if ($env:SYNCMODULE_HOME) { Get-SyncVault -ErrorAction Ignore | Lock-SyncVault -Force -ErrorAction Ignore }
    foreach ($name in $TestVariables) { [Environment]::SetEnvironmentVariable($name, $TestState.Saved[$name]) }
}

function Get-TestPath([string] $Name) { Join-Path $TestState.Root $Name }

function Add-TestVault([string] $Name, [string] $Device = $Name) {
    # A vault that its key file opens; the key file stands in vaults.json, so nothing asks.
    New-SyncVault $Name -Path (Get-TestPath "vaults/$Name") -KeyFile (Get-TestPath "$Name.key") -Device $Device
}

function Add-LockedVault([string] $Name) {
    # Locked, and no key file in vaults.json: nothing opens it unless a key is given.
    $null = Add-TestVault $Name
    Set-SyncVault $Name -KeyFile ''
    Lock-SyncVault $Name -Force
}

function Add-GarbageVault([string] $Name) {
    $null = Add-TestVault $Name
    Lock-SyncVault $Name -Force
    [IO.File]::WriteAllText((Get-TestPath "vaults/$Name/vault.json"), '{ "format": gar')
}

function Add-TestPair([string] $First = 'desk', [string] $Second = 'laptop') {
    # Two vaults, open in this process and paired by an invite over the loopback. The first is served by another process, whose address
    # the second has: a sync of the second goes over a network into another process.
    $null = Add-TestVault $First
    $inviting = Start-ThreadJob { New-SyncInvite -Vault $using:First -Listen 127.0.0.1:0 }
    $invite = Wait-Until { Receive-Job $inviting | Where-Object Invite } 'an invite'
    $null = $invite.Invite | Connect-SyncVault $Second -Path (Get-TestPath "vaults/$Second") -KeyFile (Get-TestPath "$Second.key") -Device $Second
    $joined = Receive-Job $inviting -Wait -AutoRemoveJob -ErrorAction Stop
    $server = Open-Server $First
    Add-SyncPeer $First -Address $server.Address -Vault $Second
    [pscustomobject]@{ First = $First; Second = $Second; Server = $server.Process; Address = $server.Address; Joined = $joined }
}

function Invoke-Conflict([string[]] $Name, [string] $First = 'desk', [string] $Second = 'laptop') {
    # Writes other values under the same names on both sides, without a sync between; the second's are later.
    foreach ($each in $Name) { Set-SyncItem $each "from $First" -Vault $First }
    Start-Sleep -Milliseconds 5
    foreach ($each in $Name) { Set-SyncItem $each "from $Second" -Vault $Second }
}

function Get-Digest([string] $Name) {
    # Equal on two vaults that hold the same operations.
    (Invoke-Mirord 'digest' $Name).Trim()
}

function ConvertTo-Secure([string] $Text) {
    $secure = [Security.SecureString]::new()
    foreach ($character in $Text.ToCharArray()) { $secure.AppendChar($character) }
    $secure
}

function ConvertFrom-Secure([Security.SecureString] $Secure) { [Net.NetworkCredential]::new('', $Secure).Password }

function Wait-Until([scriptblock] $Condition, [string] $What, [int] $Seconds = 60) {
    # Polls until the block gives something true, and gives that. The time is patience, not a measure.
    $clock = [Diagnostics.Stopwatch]::StartNew()
    while ($clock.Elapsed.TotalSeconds -lt $Seconds) {
        $result = & $Condition
        if ($result) { return $result }
        Start-Sleep -Milliseconds 25
    }
    throw "There was not, after $Seconds seconds: $What"
}

function Get-ErrorId([scriptblock] $Script) {
    # The ids of all errors that the block writes or throws, without the command's class, in order.
    $errors = @()
    try { $errors = @(& $Script 2>&1 3>$null | Where-Object { $_ -is [Management.Automation.ErrorRecord] }) } catch { $errors += $_ }
    @($errors | ForEach-Object { ($_.FullyQualifiedErrorId -split ',')[0] })
}
