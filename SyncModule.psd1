@{
    RootModule           = 'SyncModule.psm1'
    ModuleVersion        = '0.1.0'
    GUID                 = '6b0c5a5e-2f6d-4c0e-9b57-6f1d1c8f3a42'
    Author               = 'SyncModule contributors'
    CompanyName          = 'SyncModule contributors'
    Copyright            = 'MIT'
    Description          = 'An encrypted, append-only vault that is the same on all your machines: peer to peer, offline first, every merge decision an object in the pipeline.'
    PowerShellVersion    = '7.6'
    CompatiblePSEditions = @('Core')
    # SecretManagement looks for the extension in a folder of this name beside the manifest.
    NestedModules        = @('./SyncModule.Extension')
    FormatsToProcess     = @('SyncModule.Format.ps1xml')
    CmdletsToExport      = @(
        'Add-SyncPeer'
        'Connect-SyncVault'
        'Copy-SyncItem'
        'Disable-SyncPeer'
        'Export-SyncItem'
        'Get-SyncCollection'
        'Get-SyncHistory'
        'Get-SyncItem'
        'Get-SyncMerge'
        'Get-SyncOwner'
        'Get-SyncPeer'
        'Get-SyncSchedule'
        'Get-SyncStatus'
        'Get-SyncValue'
        'Get-SyncVault'
        'Import-SyncItem'
        'Invoke-SyncTransaction'
        'Lock-SyncVault'
        'New-SyncInvite'
        'New-SyncVault'
        'Optimize-SyncVault'
        'Register-SyncSchedule'
        'Register-SyncVault'
        'Remove-SyncItem'
        'Remove-SyncPeer'
        'Repair-SyncVault'
        'Resolve-SyncMerge'
        'Restore-SyncItem'
        'Set-SyncCollection'
        'Set-SyncItem'
        'Set-SyncOwner'
        'Set-SyncVault'
        'Start-VaultSync'
        'Test-SyncPeer'
        'Test-SyncVault'
        'Unlock-SyncVault'
        'Unregister-SyncSchedule'
        'Unregister-SyncVault'
        'Update-SyncCollection'
        'Wait-VaultSync'
    )
    FunctionsToExport    = @()
    AliasesToExport      = @()
    VariablesToExport    = @()
    PrivateData          = @{
        PSData = @{
            Tags         = @('Sync', 'Vault', 'Encryption', 'PeerToPeer', 'SecretManagement', 'PSEdition_Core', 'Windows', 'Linux', 'MacOS')
            ReleaseNotes = 'See CHANGELOG.md.'
            Prerelease   = 'preview1'
        }
    }
}
