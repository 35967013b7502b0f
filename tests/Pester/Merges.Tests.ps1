Describe 'merge records' {
    BeforeAll {
        . (Join-Path $PSScriptRoot 'Common.ps1')
        Initialize-TestHome
        $pair = Add-TestPair
        'a', 'b', 'c', 'calm' | ForEach-Object { Set-SyncItem $_ 'base' -Vault desk }
        $null = Start-VaultSync -Vault laptop
        Invoke-Conflict a, b, c
        $records = Start-VaultSync desk -Vault laptop
        $summary = $records | Select-Object -Last 1
    }

    AfterAll { Close-TestHome }

    It 'come in the pipeline as they are decided, before the summary' {
        $records[0..2] | Should -BeOfType ([SyncModule.SyncMerge])
        $records[0..2].Key | Sort-Object | Should -Be @('a', 'b', 'c')
        $records[0].Kind, $records[0].Rule, $records[0].State, $records[0].Winner, $records[0].Peer, $records[0].Vault | Should -Be @('Merge', 'LastWriterWins', 'Open', 'laptop', 'desk', 'laptop')
        $records[0].Heads, $records[0].Versions.Count | Should -Be @(2, 2)
        ($records[0].Versions | Where-Object Stands).Device | Should -Be 'laptop'
        $summary.Merges | Should -Be 3
    }

    It 'are equal on both sides' {
        $laptop = Get-SyncMerge -Vault laptop | Sort-Object Key
        $desk = Get-SyncMerge -Vault desk | Sort-Object Key
        $desk.Id | Should -Be $laptop.Id
        $desk.Winner | Should -Be $laptop.Winner
        Get-Digest laptop | Should -Be (Get-Digest desk)
        'a', 'b', 'c' | ForEach-Object { Get-SyncValue $_ -Vault desk -AsPlainText } | Should -Be (@('from laptop') * 3)
    }

    It 'are filtered by name, state, rule, device, time and session' {
        (Get-SyncMerge a, C -Vault laptop).Key | Sort-Object | Should -Be @('a', 'c')
        @(Get-SyncMerge -Vault laptop -State Open).Count | Should -Be 3
        Get-SyncMerge -Vault laptop -State Waiting | Should -BeNullOrEmpty
        @(Get-SyncMerge -Vault laptop -Rule LastWriterWins).Count | Should -Be 3
        @(Get-SyncMerge -Vault laptop -Device DESK).Count | Should -Be 3
        Get-SyncMerge -Vault laptop -Device nobody* | Should -BeNullOrEmpty
        @(Get-SyncMerge -Vault laptop -Since (Get-Date).AddHours(-1)).Count | Should -Be 3
        Get-SyncMerge -Vault laptop -Since (Get-Date).AddHours(1) | Should -BeNullOrEmpty
        @(Get-SyncMerge -Vault laptop -Session $summary.Session).Count | Should -Be 3
        @($summary | Get-SyncMerge).Count | Should -Be 3
        Get-SyncMerge calm -Vault laptop | Should -BeNullOrEmpty
        Get-ErrorId { Get-SyncMerge nothing -Vault laptop } | Should -Be 'ItemNotFound'
        Get-ErrorId { Get-SyncMerge -Vault laptop -Session none } | Should -Be 'UsageWrong'
    }

    It 'survive a file of another program' {
        $csv = Get-SyncMerge -Vault laptop | Select-Object Key, Rule, Winner, Why | ConvertTo-Csv | ConvertFrom-Csv
        $csv.Rule | Should -Be (@('LastWriterWins') * 3)
        $json = Get-SyncMerge a -Vault laptop | ConvertTo-Json -EnumsAsStrings -Depth 4 | ConvertFrom-Json
        $json.Rule, $json.Versions.Count | Should -Be @('LastWriterWins', 2)
    }

    It 'are explained, and resolved by a person, on both sides after the next sync' {
        $versions = Resolve-SyncMerge a -Explain -Vault laptop
        $versions | Should -BeOfType ([SyncModule.SyncVersion])
        $versions.State | Sort-Object | Should -Be @('Active', 'Competing')
        $loser = ($versions | Where-Object State -EQ 'Competing')
        $loser.Device | Should -Be 'desk'

        Resolve-SyncMerge a -Select $loser.Version -Vault laptop -WhatIf
        Get-SyncValue a -Vault laptop -AsPlainText | Should -Be 'from laptop'

        $resolved = Resolve-SyncMerge a -Select $loser.Version -Vault laptop -PassThru
        $resolved.Rule | Should -Be 'Resolved'
        Get-SyncValue a -Vault laptop -AsPlainText | Should -Be 'from desk'
        $null = Start-VaultSync -Vault laptop
        Get-SyncValue a -Vault desk -AsPlainText | Should -Be 'from desk'
        Get-Digest laptop | Should -Be (Get-Digest desk)
        Get-ErrorId { Resolve-SyncMerge a -Select Latest -Vault laptop } | Should -Be 'NothingToResolve'
    }

    It 'are resolved from the pipeline' {
        Get-SyncMerge -State Open -Vault laptop | Resolve-SyncMerge -Select Latest
        Get-SyncMerge -State Open -Vault laptop | Should -BeNullOrEmpty
        Get-SyncValue b -Vault laptop -AsPlainText | Should -Be 'from laptop'
        Get-ErrorId { Resolve-SyncMerge calm -Select Latest -Vault laptop } | Should -Be 'NothingToResolve'
        Get-ErrorId { Resolve-SyncMerge nothing -Select Latest -Vault laptop } | Should -Be 'ItemNotFound'
        Invoke-Conflict c
        $null = Start-VaultSync -Vault laptop
        Get-ErrorId { Resolve-SyncMerge c -Select ffff0000 -Vault laptop } | Should -Be 'VersionNotFound'
        (Get-SyncHistory c -Vault laptop | Where-Object State -EQ 'Competing').Device | Should -Be 'desk'
    }
}
