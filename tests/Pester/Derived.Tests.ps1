Describe 'derived collections' {
    BeforeAll {
        . (Join-Path $PSScriptRoot 'Common.ps1')
        Initialize-TestHome
        $null = Add-TestPair
        1..3 | ForEach-Object { Set-SyncItem "doc/$_" @{ title = "number $_" } -Vault laptop }
        Set-SyncCollection search -Derived -Vault laptop
    }

    AfterAll { Close-TestHome }

    It 'are declared, and say that there is nothing yet' {
        $search = Get-SyncCollection search -Vault laptop
        $search.Derived, $search.Stale, $search.Computed, $search.Written | Should -Be @($true, $true, 0, 0)
        $search.Made | Should -BeNullOrEmpty
        ($search | Out-String -Width 80) | Should -Match 'derived: not made yet'
        $items = Get-SyncCollection items -Vault laptop
        $items.Derived | Should -BeFalse
        $items.Stale, $items.Made, $items.Computed, $items.Written | Should -Be @($null, $null, $null, $null)
        Get-ErrorId { Set-SyncCollection items -Derived -Vault laptop } | Should -Be 'CollectionHasItems'
        Get-ErrorId { Set-SyncCollection items -Derived -Vault laptop -WhatIf } | Should -Be 'CollectionHasItems'
        Get-ErrorId { Update-SyncCollection items { } -Vault laptop } | Should -Be 'CollectionNotDerived'
        (Get-SyncStatus -Vault laptop)[0].Stale | Should -Be 'search'
    }

    It 'are made by a script block that reads the vault, as a whole' {
        $make = {
            foreach ($item in Get-SyncItem doc/* -Vault laptop) {
                [pscustomobject]@{ Name = (Get-SyncValue $item.Name -Vault laptop).title; Value = @{ doc = $item.Name }; Metadata = @{ from = 'test' } }
            }
            @{ Key = 'count'; Value = 3 }
        }
        Update-SyncCollection search $make -Vault laptop -WhatIf
        (Get-SyncCollection search -Vault laptop).Stale | Should -BeTrue
        Update-SyncCollection search $make -Vault laptop | Should -BeNullOrEmpty
        $items = Get-SyncItem -Collection search -Vault laptop
        $items.Name | Should -Be @('count', 'number 1', 'number 2', 'number 3')
        $items.Derived | Select-Object -Unique | Should -BeTrue
        $items[1].Metadata.from, $items[1].Device, $items[1].Version, $items[1].Type | Should -Be @('test', 'laptop', '', 'Object')
        (Get-SyncValue 'number 2' -Collection search -Vault laptop).doc | Should -Be 'doc/2'
        Get-SyncValue count -Collection search -Vault laptop | Should -Be 3
        (Get-SyncItem doc/1 -Vault laptop).Derived | Should -BeFalse
        $search = Get-SyncCollection search -Vault laptop
        $search.Stale, $search.Computed | Should -Be @($false, 4)
        ($search | Out-String -Width 80) | Should -Match 'derived: current'
        (Get-SyncStatus -Vault laptop)[0].Stale | Should -BeNullOrEmpty
    }

    It 'are not written in any other way' {
        Get-ErrorId { Set-SyncItem x 1 -Collection search -Vault laptop } | Should -Be 'CollectionDerived'
        Get-ErrorId { 1, 2 | ForEach-Object { [pscustomobject]@{ Name = "n$_"; Value = $_ } } | Set-SyncItem -Collection search -Vault laptop } | Select-Object -Unique | Should -Be 'CollectionDerived'
        Get-ErrorId { Remove-SyncItem count -Collection search -Vault laptop } | Should -Be 'CollectionDerived'
        Get-ErrorId { Invoke-SyncTransaction { Set-SyncItem x 1 -Collection search } -Vault laptop } | Should -Be 'CollectionDerived'
        Get-ErrorId { Invoke-SyncTransaction { Update-SyncCollection search { } } -Vault laptop } | Should -Be 'NotInTransaction'
        Get-ErrorId { Copy-SyncItem doc/1 -Vault laptop -ToCollection search } | Should -Be 'CollectionDerived'
        Get-ErrorId { Export-SyncItem * (Get-TestPath out) -Collection search -Vault laptop } | Should -Be 'CollectionDerived'
        $message = try { Set-SyncItem x 1 -Collection search -Vault laptop -ErrorAction Stop } catch { $_.Exception.Message }
        $message | Should -Match 'Update-SyncCollection'
        # Inside of a transaction they are read.
        (Invoke-SyncTransaction { Get-SyncValue count -Collection search; Set-SyncItem other 1 } -Vault laptop).Output | Should -Be 3
    }

    It 'keep what they had where the script fails' {
        { Update-SyncCollection search { @{ Name = 'half'; Value = 1 }; throw 'no more' } -Vault laptop } | Should -Throw 'no more'
        Get-ErrorId { Update-SyncCollection search { @{ Name = 'half'; Value = 1 }; Get-SyncItem nothing -Vault laptop } -Vault laptop } | Should -Be 'ItemNotFound'
        Get-ErrorId { Update-SyncCollection search { @{ Name = 'half' } } -Vault laptop } | Should -Be 'UsageWrong'
        Get-ErrorId { Update-SyncCollection search { 'text' } -Vault laptop } | Should -Be 'UsageWrong'
        Get-ErrorId { Update-SyncCollection search { @{ Name = 'x'; Value = [byte[]]::new(1048577) } } -Vault laptop } | Should -Be 'ValueTooLarge'
        (Get-SyncItem -Collection search -Vault laptop).Name | Should -Be @('count', 'number 1', 'number 2', 'number 3')
    }

    It 'stream: what the script gives is taken while it runs' {
        $script:taken = 0
        Update-SyncCollection search { 1..3000 | ForEach-Object { $script:taken++; @{ Name = "n$_"; Value = 'v' * 100 } } } -Vault laptop
        $script:taken | Should -Be 3000
        (Get-SyncCollection search -Vault laptop).Computed | Should -Be 3000
        @(Get-SyncItem n29* -Collection search -Vault laptop).Count | Should -Be 111
    }

    It 'are made anew behind a sync that changed something, and not otherwise' {
        $make = { @{ Name = 'docs'; Value = @(Get-SyncItem doc/* -Vault laptop).Count } }
        Update-SyncCollection search $make -Vault laptop
        $records = Start-VaultSync -Vault laptop
        $records | Where-Object Kind -EQ Stale | Should -BeNullOrEmpty
        Get-Digest laptop | Should -Be (Get-Digest desk)
        Get-SyncItem -Collection search -Vault desk | Should -BeNullOrEmpty
        (Get-SyncCollection search -Vault desk).Derived | Should -BeTrue
        $script:ran = 0
        Update-SyncCollection search { $script:ran++ } -IfStale -Vault laptop -PassThru | ForEach-Object Name | Should -Be 'search'
        $script:ran | Should -Be 0

        Set-SyncItem doc/4 @{ title = 'of the desk' } -Vault desk
        $records = Start-VaultSync -Vault laptop
        $stale = @($records | Where-Object Kind -EQ Stale)
        $stale.Count | Should -Be 1
        $stale[0] | Should -BeOfType ([SyncModule.SyncStale])
        $stale[0].Name, $stale[0].Vault, $stale[0].Message | Should -Be @('search', 'laptop', 'search: the vault has changed since it was made')
        $records[-1].Kind | Should -Be 'Summary'
        Get-SyncValue docs -Collection search -Vault laptop | Should -Be 3
        # A pipeline that ended in between is told again.
        $again = Start-VaultSync -Vault laptop | Where-Object Kind -EQ Stale
        ($again | Update-SyncCollection -ScriptBlock $make -IfStale -PassThru).Computed | Should -Be 1
        Get-SyncValue docs -Collection search -Vault laptop | Should -Be 4
        Start-VaultSync -Vault laptop | Where-Object Kind -EQ Stale | Should -BeNullOrEmpty
    }

    It 'are told of while machines stay connected, and a pipeline makes them anew' {
        $make = { @{ Name = 'docs'; Value = @(Get-SyncItem doc/* -Vault laptop).Count } }
        Update-SyncCollection search $make -Vault laptop
        $job = Start-VaultSync -Follow -AsJob -Vault laptop
        $null = Wait-Until { Receive-Job $job -Keep | Where-Object Kind -EQ Connected } 'a connection'
        Set-SyncItem doc/live @{ title = 'live' } -Vault desk
        $stale = Wait-Until { Receive-Job $job -Keep | Where-Object Kind -EQ Stale } 'a record that it is stale'
        $stale | Select-Object -First 1 | Update-SyncCollection -ScriptBlock $make -IfStale
        Get-SyncValue docs -Collection search -Vault laptop | Should -Be 5
        Stop-Job $job
        Remove-Job $job
    }

    It 'end when that is said, and start empty' {
        Set-SyncCollection search -Derived:$false -Vault laptop
        Get-SyncItem -Collection search -Vault laptop | Should -BeNullOrEmpty
        Set-SyncItem x 1 -Collection search -Vault laptop
        Get-SyncValue x -Collection search -Vault laptop | Should -Be 1
    }

    It 'show in the drive like other items, and take no file there' {
        $null = Add-TestVault lone
        Set-SyncCollection items -Derived -Vault lone
        Update-SyncCollection items { @{ Name = 'dir/a'; Value = 'text' } } -Vault lone
        (Get-ChildItem SyncVault:/lone/dir).Name | Should -Be 'dir/a'
        Get-Content SyncVault:/lone/dir/a -AsPlainText | Should -Be 'text'
        Get-ErrorId { Set-Content SyncVault:/lone/dir/b text } | Should -Be 'CollectionDerived'
    }
}
