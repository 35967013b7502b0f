Describe 'PSScriptAnalyzer' {
    BeforeAll {
        . (Join-Path $PSScriptRoot 'Common.ps1')
        $present = Get-Module -ListAvailable PSScriptAnalyzer
        function Get-Finding([string[]] $Path, [hashtable] $With = @{}) {
            $files = Get-ChildItem $Path -Recurse -File -Include *.ps1, *.psm1, *.psd1 | Where-Object DirectoryName -NotMatch '[\\/]bin([\\/]|$)'
            $files.Count | Should -BeGreaterThan 0
            $files | ForEach-Object { Invoke-ScriptAnalyzer $_.FullName @With } | ForEach-Object { "$($_.RuleName) $($_.ScriptName):$($_.Line) $($_.Message)" }
        }
    }

    It 'finds nothing in the module and its build' {
        if (-not $present) { Set-ItResult -Skipped -Because 'PSScriptAnalyzer is not installed'; return }
        Get-Finding $ModuleFolder, (Join-Path $Repository 'build.ps1') | Should -BeNullOrEmpty
    }

    It 'finds nothing in the tests' {
        if (-not $present) { Set-ItResult -Skipped -Because 'PSScriptAnalyzer is not installed'; return }
        Get-Finding $PSScriptRoot @{ Settings = (Join-Path $PSScriptRoot 'PSScriptAnalyzerSettings.psd1') } | Should -BeNullOrEmpty
    }
}
