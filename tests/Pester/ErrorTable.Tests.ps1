Describe 'the table of errors' {
    BeforeAll {
        . (Join-Path $PSScriptRoot 'Common.ps1')
        . (Join-Path $PSScriptRoot 'ErrorTable.ps1')
        Initialize-TestHome
        Push-Location $TestState.Root
        $expected = Join-Path $PSScriptRoot 'expected-errors.json'
        $table = Get-ErrorTable
        $text = ($table | ConvertTo-Json) + "`n"
        if ($env:SYNCMODULE_UPDATE_ERRORS) { [IO.File]::WriteAllText($expected, $text) }
    }

    AfterAll {
        Pop-Location
        Close-TestHome
    }

    It 'has a line for each cmdlet' {
        $commands = (Get-Command -Module SyncModule -CommandType Cmdlet).Name | Sort-Object
        $table.Keys | Sort-Object | Should -Be $commands
    }

    It 'holds ids of the product and of the binding of parameters alone' {
        @($table.GetEnumerator() | ForEach-Object { $command = $_.Key; $_.Value.GetEnumerator() | Where-Object Value -Match '[.:]' | ForEach-Object { "$command, $($_.Key): $($_.Value)" } }) | Should -BeNullOrEmpty
    }

    It 'is what was agreed' {
        $agreed = Get-Content $expected -Raw | ConvertFrom-Json -AsHashtable
        $differences = foreach ($command in $table.Keys) {
            foreach ($case in $table[$command].Keys) {
                if ($agreed[$command].$case -ne $table[$command][$case]) { "$command, $($case): '$($table[$command][$case])' instead of '$($agreed[$command].$case)'" }
            }
        }
        $differences | Should -BeNullOrEmpty
        $agreed.Keys | Sort-Object | Should -Be ($table.Keys | Sort-Object)
    }
}
