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
        $versions.Explanation | Select-Object -Unique | Should -HaveCount 1
        $page = $versions | Out-String -Width 80
        ($page -split '\r?\n').Length | Measure-Object -Maximum | ForEach-Object Maximum | Should -BeLessOrEqual 80
        $page | Should -Match '(?m)^a in items: shows the version of laptop$'
        $page | Should -Match '(?m)^device    desk +laptop$'
        $page | Should -Match '(?m)^stands    no +yes$'
        $page | Should -Match "(?m)^version $($loser.Version)  Competing  desk$"
        ([regex]::Matches($page, 'policy: last-writer-wins')).Count | Should -Be 1
        # What was picked shows under the same page.
        ($loser | Out-String -Width 80) | Should -Match 'stands    no +yes'
        ($loser | Out-String -Width 80) | Should -Not -Match 'Active'

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

    It 'wait for a person under a manual policy, and the sync says so' {
        Set-SyncCollection items -Policy manual -Pattern db/* -Vault laptop -WhatIf
        (Get-SyncCollection items -Vault laptop).Exceptions | Should -BeNullOrEmpty
        $set = Set-SyncCollection items -Policy manual -Pattern db/* -Vault laptop -PassThru
        $set.Policy, $set.Exceptions[0].Pattern, $set.Exceptions[0].Policy | Should -Be @('last-writer-wins', 'db/*', 'manual')
        'db/pass', 'db/user', 'db/host' | ForEach-Object { Set-SyncItem $_ 'base' -Vault laptop }
        $null = Start-VaultSync -Vault laptop
        Invoke-Conflict db/pass, db/user, db/host
        $summary = Start-VaultSync -Vault laptop | Select-Object -Last 1
        $summary.Outcome, $summary.ExitCode, $summary.Conflicts | Should -Be @('Conflicts', 2, 3)
        (Get-SyncStatus -Vault laptop)[0].Waiting | Should -Be 3

        $waiting = Get-SyncMerge -State Waiting -Vault laptop
        $waiting.Key | Sort-Object | Should -Be @('db/host', 'db/pass', 'db/user')
        $waiting[0].Rule, $waiting[0].Heads, $waiting[0].Winner, $waiting[0].Why | Should -Be @('Manual', 2, '-', 'changed on desk and laptop at once')
        (Get-SyncItem db/pass -Vault laptop).Waiting | Should -BeTrue
        Get-ErrorId { Get-SyncValue db/pass -Vault laptop } | Should -Be 'ConflictWaits'
        Get-ErrorId { Set-SyncItem db/pass blind -Vault laptop } | Should -Be 'ConflictWaits'
        Get-ErrorId { Remove-SyncItem db/pass -Vault laptop } | Should -Be 'ConflictWaits'

        $versions = Resolve-SyncMerge db/pass -Explain -Vault laptop
        $versions.State | Should -Be @('Competing', 'Competing')
        $desk = $versions | Where-Object Device -EQ desk
        Get-SyncValue db/pass -Version $desk.Version -AsPlainText -Vault laptop | Should -Be 'from desk'
        Resolve-SyncMerge db/pass -Select $desk.Version -Vault laptop -WhatIf
        @(Get-SyncMerge db/pass -State Waiting -Vault laptop).Count | Should -Be 1
        Resolve-SyncMerge db/pass -Select $desk.Version -Vault laptop

        # A script block decides what it knows and leaves the rest.
        Get-SyncMerge -State Waiting -Vault laptop | Resolve-SyncMerge -Using { param($merge) if ($merge.Key -eq 'db/user') { $_.Versions | Where-Object Device -EQ desk } }
        (Get-SyncMerge -State Waiting -Vault laptop).Key | Should -Be 'db/host'
        Get-SyncMerge -State Waiting -Vault laptop | Resolve-SyncMerge -Select Latest
        Get-SyncMerge -State Waiting -Vault laptop | Should -BeNullOrEmpty
        (Start-VaultSync -Vault laptop | Select-Object -Last 1).ExitCode | Should -Be 0
        'db/pass', 'db/user', 'db/host' | ForEach-Object { Get-SyncValue $_ -Vault desk -AsPlainText } | Should -Be @('from desk', 'from desk', 'from laptop')
        (Get-SyncMerge -Vault desk).Id | Should -Be (Get-SyncMerge -Vault laptop).Id
        Get-Digest laptop | Should -Be (Get-Digest desk)
    }

    It 'are about settings too: two machines made one at once, and a person decides' {
        Set-SyncCollection twice -Policy manual -Vault laptop
        Set-SyncCollection twice -Policy first-writer-wins -Vault desk
        $null = Start-VaultSync -Vault laptop
        $open = @(Get-SyncMerge -State Open -Collection twice -Vault laptop)
        $open.Count | Should -Be 1
        $open[0].Message | Should -BeLike 'setting /policy of collection twice: *'
        ($open | Out-String -Width 80) | Should -Match '(?m)^\(twice\) '
        $versions = Resolve-SyncMerge '' -Collection twice -Explain -Vault laptop
        $versions.Why | Should -Contain '/policy ["manual",1]'
        ($versions | Out-String -Width 80) | Should -Match '(?m)^settings of the collection twice$'
        $keep = $versions | Where-Object Why -Match manual
        $open | Resolve-SyncMerge -Select $keep.Version -WhatIf
        $open | Resolve-SyncMerge -Select $keep.Version -PassThru | ForEach-Object State | Select-Object -Unique | Should -Be 'Settled'
        (Get-SyncCollection twice -Vault laptop).Policy | Should -Be 'manual'
        Get-ErrorId { Resolve-SyncMerge '' -Collection twice -Select Latest -Vault laptop } | Should -Be 'NothingToResolve'
    }

    It 'tell whose fields stand together, and an item that is kept is not written over' {
        Set-SyncCollection conf -Policy field-merge -Vault laptop
        Set-SyncItem app @{ url = 'a'; retries = 1 } -Collection conf -Vault laptop
        $null = Start-VaultSync -Vault laptop
        Set-SyncItem app @{ url = 'a'; retries = 2 } -Collection conf -Vault desk
        Set-SyncItem app @{ url = 'b'; retries = 1 } -Collection conf -Vault laptop
        $merge = Start-VaultSync -Vault laptop | Where-Object Kind -EQ Merge
        $merge.Rule, $merge.Winner, $merge.Why | Should -Be @('FieldMerge', '-', 'url from laptop, retries from desk')
        $value = Get-SyncValue app -Collection conf -Vault laptop
        $value.url, $value.retries | Should -Be @('b', 2)
        Set-SyncItem free @{ n = 1 } -Fields -Vault laptop
        (Get-SyncValue free -Vault laptop).n | Should -Be 1
        Get-ErrorId { Set-SyncItem free text -Fields -Vault laptop } | Should -Be 'NotStructured'
        Get-ErrorId { Set-SyncCollection conf -Policy votes -Vault laptop } | Should -Be 'PolicyInvalid'
        Set-SyncCollection keys -Policy first-writer-wins -Vault laptop
        Set-SyncItem one 1 -Collection keys -Vault laptop
        Get-ErrorId { Set-SyncItem one 2 -Collection keys -Vault laptop } | Should -Be 'ItemExists'
        Set-SyncItem one 3 -Collection keys -Vault laptop -Overwrite
        Get-SyncValue one -Collection keys -Vault laptop | Should -Be 3
    }
}
