# What the error table calls each cmdlet with. Name: the parameter that gets odd values. Vault: the one that names the vault, when it is
# another. With: what else is needed so that the call gets as far as the name. A new cmdlet needs a line here and the table made again:
# SYNCMODULE_UPDATE_ERRORS=1.

function Get-CallTable {
    @{
        'Add-SyncPeer'            = @{ Name = 'Name'; Vault = 'Vault'; With = @{ Address = '127.0.0.1:1' } }
        'Connect-SyncVault'       = @{ Name = 'Name'; With = @{ Invite = 'syncmodule://j?nothing'; KeyFile = 'new.key'; Path = 'joined' } }
        'Copy-SyncItem'           = @{ Name = 'Name'; Vault = 'Vault'; With = @{ ToCollection = 'copies' } }
        'Disable-SyncPeer'        = @{ Name = 'Name'; Vault = 'Vault' }
        'Export-SyncItem'         = @{ Name = 'Name'; Vault = 'Vault'; With = @{ Destination = 'out' } }
        'Get-SyncCollection'      = @{ Name = 'Name'; Vault = 'Vault' }
        'Get-SyncHistory'         = @{ Name = 'Name'; Vault = 'Vault' }
        'Get-SyncItem'            = @{ Name = 'Name'; Vault = 'Vault' }
        'Get-SyncMerge'           = @{ Name = 'Name'; Vault = 'Vault' }
        'Get-SyncOwner'           = @{ Name = 'Collection'; Vault = 'Vault' }
        'Get-SyncPeer'            = @{ Name = 'Name'; Vault = 'Vault' }
        'Get-SyncSchedule'        = @{ Name = 'Name' }
        'Get-SyncStatus'          = @{ Name = 'Vault' }
        'Get-SyncValue'           = @{ Name = 'Name'; Vault = 'Vault' }
        'Get-SyncVault'           = @{ Name = 'Name' }
        'Import-SyncItem'         = @{ Name = 'Path'; Vault = 'Vault' }
        'Invoke-SyncTransaction'  = @{ Name = 'Vault'; With = @{ ScriptBlock = { } } }
        'Lock-SyncVault'          = @{ Name = 'Name' }
        'New-SyncInvite'          = @{ Name = 'Listen'; Vault = 'Vault'; With = @{ Expires = [timespan]::FromSeconds(1) }; VaultWith = @{ Listen = '127.0.0.1:0' } }
        'New-SyncVault'           = @{ Name = 'Name'; With = @{ KeyFile = 'new.key'; Path = 'made' } }
        'Optimize-SyncVault'      = @{ Name = 'Name' }
        'Register-SyncSchedule'   = @{ Name = 'Vault'; With = @{ Every = '00:15'; WhatIf = $true; InformationAction = 'Ignore' } }
        'Register-SyncVault'      = @{ Name = 'Name'; With = @{ Path = 'vaults/nowhere' } }
        'Remove-SyncItem'         = @{ Name = 'Name'; Vault = 'Vault' }
        'Remove-SyncPeer'         = @{ Name = 'Name'; Vault = 'Vault' }
        'Repair-SyncVault'        = @{ Name = 'Name' }
        'Resolve-SyncMerge'       = @{ Name = 'Name'; Vault = 'Vault'; With = @{ Select = 'Latest' } }
        'Restore-SyncItem'        = @{ Name = 'Name'; Vault = 'Vault' }
        'Set-SyncCollection'      = @{ Name = 'Name'; Vault = 'Vault'; With = @{ Policy = 'manual' } }
        'Set-SyncItem'            = @{ Name = 'Name'; Vault = 'Vault'; With = @{ Value = 1 } }
        'Set-SyncOwner'           = @{ Name = 'Collection'; Vault = 'Vault' }
        'Set-SyncVault'           = @{ Name = 'Name'; With = @{ KeyFile = 'work.key' } }
        'Start-VaultSync'         = @{ Name = 'Peer'; Vault = 'Vault' }
        'Test-SyncPeer'           = @{ Name = 'Name'; Vault = 'Vault' }
        'Test-SyncVault'          = @{ Name = 'Name' }
        'Unlock-SyncVault'        = @{ Name = 'Name' }
        'Unregister-SyncSchedule' = @{ Name = 'Name' }
        'Unregister-SyncVault'    = @{ Name = 'Name' }
        'Update-SyncCollection'   = @{ Name = 'Name'; Vault = 'Vault'; With = @{ ScriptBlock = { } } }
        'Wait-VaultSync'          = @{ Name = 'Peer'; Vault = 'Vault'; With = @{ TimeoutSec = 1 } }
    }
}

function Get-OddName {
    # The value of each case that is about a name.
    [ordered]@{
        empty        = ''
        pattern      = '*['
        '4 KB'       = 'n' * 4096
        'over 4 KB'  = 'n' * 4097
        null         = $null
        'wrong type' = [pscustomobject]@{ a = 1 }
    }
}

function Get-VaultCase { @('locked', 'missing', 'garbage') }

function Get-Outcome([string] $Command, [hashtable] $Parameters) {
    # 'ok', 'write ID' for errors that the command went on after, 'throw ID' for one that ended it.
    $ids = [Collections.Generic.List[string]]::new()
    try {
        & $Command @Parameters 2>&1 3>$null | Where-Object { $_ -is [Management.Automation.ErrorRecord] } | ForEach-Object { $ids.Add("write $(Get-ShortId $_)") }
    }
    catch { $ids.Add("throw $(Get-ShortId $_)") }
    $ids.Count -eq 0 ? 'ok' : ($ids -join ', ')
}

function Get-ShortId([Management.Automation.ErrorRecord] $Record) {
    # Without the command's class; what is neither ours nor of the binding of parameters keeps its type, because no such error may be there.
    $id = ($Record.FullyQualifiedErrorId -split ',')[0]
    $known = $Record.Exception -is [Management.Automation.ParameterBindingException] -or $id -in [SyncModule.SyncErrors]::All.Id
    $known ? $id : "$($Record.Exception.GetType().FullName): $($Record.Exception.Message)"
}

function Get-ErrorTable {
    # The outcome of each cmdlet in each case. Each cmdlet has vaults of its own, so that the order does not matter.
    $table = [ordered]@{}
    $calls = Get-CallTable
    foreach ($command in $calls.Keys | Sort-Object) {
        $call = $calls[$command]
        Get-SyncVault | Lock-SyncVault -Force
        Get-SyncVault | Unregister-SyncVault
        Remove-Item (Get-TestPath 'vaults'), (Get-TestPath '*.key'), (Get-TestPath 'joined'), (Get-TestPath 'made') -Recurse -ErrorAction Ignore
        $null = Add-TestVault work
        Set-SyncItem some 1 -Vault work
        Add-SyncPeer some -Address 127.0.0.1:1 -Vault work
        Add-LockedVault locked
        Add-GarbageVault garbage
        $row = [ordered]@{}
        foreach ($case in (Get-OddName).GetEnumerator()) {
            $parameters = @{} + ($call.With ?? @{})
            $parameters[$call.Name] = $case.Value
            if ($call.Vault) { $parameters[$call.Vault] = 'work' }
            $row[$case.Key] = Get-Outcome $command $parameters
        }
        foreach ($vault in Get-VaultCase) {
            $parameters = @{} + ($call.With ?? @{}) + ($call.VaultWith ?? @{})
            if ($call.Vault -and -not $parameters.ContainsKey($call.Name)) { $parameters[$call.Name] = 'some' }
            $parameters[$call.Vault ?? $call.Name] = $vault
            $row[$vault] = Get-Outcome $command $parameters
        }
        $table[$command] = $row
    }
    $table
}
