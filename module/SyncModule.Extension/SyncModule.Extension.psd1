@{
    RootModule        = 'SyncModule.Extension.psm1'
    ModuleVersion     = '0.1.0'
    GUID              = '0f6d6a7e-3f8f-4c53-8a2c-92a6f4f0c7d1'
    Author            = 'SyncModule contributors'
    CompanyName       = 'SyncModule contributors'
    Copyright         = 'MIT'
    Description       = 'What SecretManagement calls; not for direct use.'
    CmdletsToExport   = @('Get-Secret', 'Get-SecretInfo', 'Remove-Secret', 'Set-Secret', 'Set-SecretInfo', 'Test-SecretVault', 'Unlock-SecretVault', 'Unregister-SecretVault')
    FunctionsToExport = @()
    AliasesToExport   = @()
    VariablesToExport = @()
}
