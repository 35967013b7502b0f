Describe 'help' {
    BeforeDiscovery {
        $pages = @(Get-ChildItem (Join-Path $PSScriptRoot '../../docs/cmdlets') -Filter '*-*.md' | ForEach-Object { @{ Name = $_.BaseName; File = $_.FullName } })
        $topics = @(Get-ChildItem (Join-Path $PSScriptRoot '../../docs/cmdlets') -Filter 'about_*.md' | ForEach-Object { @{ Name = $_.BaseName; File = $_.FullName } })
    }

    BeforeAll {
        . (Join-Path $PSScriptRoot 'Common.ps1')
        . (Join-Path $PSScriptRoot 'Examples.ps1')
        Initialize-TestHome
    }

    AfterAll { Close-TestHome }

    It '<Name> is found by Get-Help, whole' -ForEach $pages {
        $help = Get-Help $Name -Full
        $command = Get-Command $Name
        $help.Synopsis.Trim() | Should -Not -Match "^$Name \["
        $help.description.Text | Should -Not -BeNullOrEmpty
        $own = $command.Parameters.Keys | Where-Object { $_ -notin [Management.Automation.PSCmdlet]::CommonParameters } | Sort-Object
        $help.parameters.parameter.name | Sort-Object | Should -Be $own
        $help.parameters.parameter | ForEach-Object { $_.description.Text | Should -Not -BeNullOrEmpty -Because "-$($_.name) has to be described" }
        @($help.examples.example).Count | Should -Be @(Get-Example $File).Count
        @($help.syntax.syntaxItem).Count | Should -Be $command.ParameterSets.Count
        # The page's lines of syntax are those of PowerShell itself.
        $page = Get-Content $File -Raw
        $written = [regex]::Matches($page.Substring($page.IndexOf('## SYNTAX'), $page.IndexOf('## DESCRIPTION') - $page.IndexOf('## SYNTAX')), '(?m)^[A-Z]\w+-.*$').Value | Sort-Object
        $written | Should -Be (($command.ParameterSets | ForEach-Object { "$Name $($_.ToString())" }) | Sort-Object)
    }

    It '<Name> is found' -ForEach $topics {
        $text = Get-Help $Name
        $text | Should -Match 'SHORT DESCRIPTION'
        (Get-Help about_Sync*).Name | Should -Contain $Name
    }

    It 'the examples of <Name> run' -ForEach $pages {
        $examples = @(Get-Example $File | Where-Object { -not $_.Interactive })
        if (-not $examples) { return }
        $address = Open-ExampleWorld
        $page = Get-Content $File -Raw
        foreach ($example in $examples) {
            $result = Invoke-Example $example.Lines $address
            $result.Errors | ForEach-Object { "$($example.Title): $_" } | Should -BeNullOrEmpty
            $page = $page.Replace("``````powershell`n$($example.Code)``````", "``````powershell`n$($result.Text)``````")
        }
        if ($env:SYNCMODULE_UPDATE_EXAMPLES) { [IO.File]::WriteAllText($File, $page) }
    }

    It 'no documented line that PSReadLine would write to its history file has the literal of a secret' {
        if (-not ('Microsoft.PowerShell.PSConsoleReadLine' -as [type])) { Import-Module PSReadLine -ErrorAction Ignore }
        if (-not ('Microsoft.PowerShell.PSConsoleReadLine' -as [type])) { Set-ItResult -Skipped -Because 'PSReadLine is not here'; return }
        $harmless = 'app/*', './motd', 'notes/*'
        $lines = Get-ChildItem (Join-Path $Repository 'docs/cmdlets') -Filter *.md | Get-Content | Where-Object { $_ -match '^\s*(?:\w+ )?PS> ' } | ForEach-Object { $_ -replace '^\s*(?:\w+ )?PS> ' }
        $lines.Count | Should -BeGreaterThan 60
        foreach ($line in $lines) {
            $option = [Microsoft.PowerShell.PSConsoleReadLine]::GetDefaultAddToHistoryOption($line)
            if ($option -ne 'MemoryAndFile') { continue }
            $ast = [Management.Automation.Language.Parser]::ParseInput($line, [ref] $null, [ref] $null)
            foreach ($command in $ast.FindAll({ $args[0] -is [Management.Automation.Language.CommandAst] }, $true)) {
                if ($command.GetCommandName() -notin 'Set-SyncItem', 'Set-Secret', 'Set-Content', 'Add-Content', 'Unlock-SyncVault', 'Connect-SyncVault', 'New-SyncVault') { continue }
                $bound = [Management.Automation.Language.StaticParameterBinder]::BindCommand($command, $true).BoundParameters
                foreach ($name in 'Value', 'Secret', 'Passphrase', 'Invite') {
                    if ($bound.ContainsKey($name) -and $bound[$name].Value -is [Management.Automation.Language.StringConstantExpressionAst]) {
                        $target = "$($bound['Name'].ConstantValue)$($bound['Path'].ConstantValue)"
                        @($harmless | Where-Object { $target -like $_ }).Count | Should -BeGreaterThan 0 -Because "this line would be kept: $line"
                    }
                }
            }
        }
    }
}
