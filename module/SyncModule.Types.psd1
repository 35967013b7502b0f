@{
    ModuleVersion     = '0.1.0'
    GUID              = '4d3a0c2e-93a7-4a37-8d53-2f0f6b2f4b1e'
    Author            = 'SyncModule contributors'
    CompanyName       = 'SyncModule contributors'
    Copyright         = 'MIT'
    Description       = 'How the records of SyncModule show and travel; a part of it, not for direct use.'
    TypesToProcess    = @('SyncModule.Types.ps1xml')
    CmdletsToExport   = @()
    FunctionsToExport = @()
    AliasesToExport   = @()
    VariablesToExport = @()
}
