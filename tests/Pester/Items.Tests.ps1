Describe 'items' {
    BeforeAll {
        . (Join-Path $PSScriptRoot 'Common.ps1')
        Initialize-TestHome
        $null = Add-TestVault home
        $null = Add-TestVault other
    }

    AfterAll { Close-TestHome }

    BeforeEach { Get-SyncItem | Remove-SyncItem }

    It 'shows what is known of an item, without its value' {
        $item = Set-SyncItem notes/a 'hello' -PassThru
        $item | Should -BeOfType ([SyncModule.SyncItem])
        $item.Name, $item.Type, $item.Length, $item.Device, $item.Heads, $item.Here, $item.Deleted, $item.Vault | Should -Be @('notes/a', 'Text', 5, 'home', 1, $true, $false, 'home')
        $item.PSObject.Properties.Name | Should -Not -Contain 'Value'
        (Get-SyncItem notes/a).Version | Should -Be $item.Version
    }

    It 'finds names exactly, then case aside, then by wildcards' {
        Set-SyncItem App/Config 1
        Set-SyncItem app/other 1
        Set-SyncItem 'a[1]' 1
        (Get-SyncItem app/config).Name | Should -BeExactly 'App/Config'
        (Get-SyncItem APP/*).Name | Should -Be @('App/Config', 'app/other')
        (Get-SyncItem 'a[1]').Name | Should -Be 'a[1]'
        (Get-SyncItem 'a`[1`]').Name | Should -Be 'a[1]'
        (Get-SyncItem ([WildcardPattern]::Escape('a[1]'))).Name | Should -Be 'a[1]'
        (Get-SyncItem 'a`[*').Name | Should -Be 'a[1]'
        Get-SyncItem zz* | Should -BeNullOrEmpty
        Get-ErrorId { Get-SyncItem zz } | Should -Be 'ItemNotFound'
    }

    It 'keeps names apart that differ in case alone' {
        Set-SyncItem A 1
        Set-SyncItem a 2
        Get-SyncValue A | Should -Be 1
        Get-SyncValue a | Should -Be 2
        Set-SyncItem BB 1
        Set-SyncItem bb 2
        Get-ErrorId { Get-SyncItem Bb } | Should -Be 'NameAmbiguous'
        { Get-SyncItem Bb -ErrorAction Stop } | Should -Throw "*'BB', 'bb'*"
    }

    It 'takes names and values from the pipeline' {
        [pscustomobject]@{ Name = 'p1'; Value = 1 }, [pscustomobject]@{ Name = 'p2'; Value = 'two' } | Set-SyncItem
        "Name,Value`ncsv1,x`ncsv2,y" | ConvertFrom-Csv | Set-SyncItem
        'p1', 'csv1' | Get-SyncItem | ForEach-Object Name | Should -Be @('p1', 'csv1')
        Get-SyncItem p* | Set-SyncItem -Value 7
        'p1', 'p2' | Get-SyncValue | Should -Be @(7, 7)
        Get-SyncItem csv* | Remove-SyncItem
        (Get-SyncItem).Name | Should -Be @('p1', 'p2')
        Get-SyncItem | Get-SyncHistory | Where-Object Active | ForEach-Object Name | Sort-Object | Should -Be @('p1', 'p2')
    }

    It 'stores a pipeline of values in few commits, in order, each as it was when it was given' {
        $before = (Invoke-Mirord 'status' home '--json' | ConvertFrom-Json).commits
        $buffer = [byte[]] @(0)
        $entry = @{}
        $stored = 1..2000 | ForEach-Object {
            $buffer[0] = $_ % 256
            $entry.number = $_
            [pscustomobject]@{ Name = "lot/$_"; Value = $buffer; Metadata = $entry }
        } | Set-SyncItem -PassThru
        $stored.Count | Should -Be 2000
        $stored[1999].Name | Should -Be 'lot/2000'
        (Invoke-Mirord 'status' home '--json' | ConvertFrom-Json).commits - $before | Should -BeLessThan 500
        foreach ($i in 1, 255, 256, 1999) {
            (Get-SyncValue "lot/$i")[0] | Should -Be ($i % 256)
            (Get-SyncItem "lot/$i").Metadata.number | Should -Be $i
        }
        1..20 | ForEach-Object { [pscustomobject]@{ Name = 'same'; Value = $_ } } | Set-SyncItem
        Get-SyncValue same | Should -Be 20
        (Get-SyncHistory same).Count | Should -Be 20
    }

    It 'goes on behind a value of a pipeline that cannot be stored, and keeps what came before Ctrl+C' {
        $failed = @()
        'ok1', ('n' * 4097), 'ok2' | ForEach-Object { [pscustomobject]@{ Name = $_; Value = 1 } } | Set-SyncItem -ErrorVariable failed -ErrorAction SilentlyContinue
        $failed.Count | Should -Be 1
        (Get-SyncItem ok*).Name | Should -Be @('ok1', 'ok2')
        [pscustomobject]@{ Name = 'm1'; Value = 1; Metadata = @{ a = @{} } }, [pscustomobject]@{ Name = 'm2'; Value = 1; Metadata = @{ a = 1 } } | Set-SyncItem -ErrorVariable failed -ErrorAction SilentlyContinue
        $failed[0].FullyQualifiedErrorId | Should -Match '^UsageWrong,'
        (Get-SyncItem m*).Name | Should -Be 'm2'
        $shell = [powershell]::Create([Management.Automation.RunspaceMode]::NewRunspace)
        try {
            $null = $shell.AddScript("Import-Module '$ModuleFolder'; & { [pscustomobject]@{ Name = 'before stop'; Value = 1 }; Write-Progress 'given'; while (`$true) { Start-Sleep 1 } } | Set-SyncItem")
            $null = $shell.BeginInvoke()
            $null = Wait-Until { $shell.Streams.Progress.Count -gt 0 } 'the value to be given'
            $shell.Stop()
        }
        finally { $shell.Dispose() }
        Get-SyncValue 'before stop' | Should -Be 1
    }

    It 'goes across vaults in one pipeline, because each object knows its own' {
        Set-SyncItem x 'of home'
        Set-SyncItem x 'of other' -Vault other
        'home', 'other' | ForEach-Object { Get-SyncItem x -Vault $_ } | Get-SyncValue -AsPlainText | Should -Be @('of home', 'of other')
        'home', 'other' | ForEach-Object { Get-SyncItem x -Vault $_ } | Remove-SyncItem
        Get-SyncItem | Should -BeNullOrEmpty
        Get-SyncItem -Vault other | Should -BeNullOrEmpty
    }

    It 'goes on after a name that is not there' {
        Set-SyncItem a 1
        Set-SyncItem b 2
        $names = Get-SyncItem a, nothing, b -ErrorVariable failed -ErrorAction SilentlyContinue
        $names.Name | Should -Be @('a', 'b')
        $failed.Count | Should -Be 1
        $failed[0].TargetObject | Should -Be 'nothing'
        'a', 'nothing', 'b' | Remove-SyncItem -ErrorAction SilentlyContinue
        Get-SyncItem | Should -BeNullOrEmpty
    }

    It 'keeps metadata beside the value until others are given' {
        Set-SyncItem m 1 -Metadata @{ owner = 'me'; tries = 3 }
        (Get-SyncItem m).Metadata.owner, (Get-SyncItem m).Metadata.tries | Should -Be @('me', 3)
        Set-SyncItem m 2
        (Get-SyncItem m).Metadata.owner | Should -Be 'me'
        Set-SyncItem m 3 -Metadata @{ owner = 'you' }
        (Get-SyncItem m).Metadata.Count | Should -Be 1
        Get-ErrorId { Set-SyncItem m 4 -Metadata @{ owner = @{} } } | Should -Be 'UsageWrong'
        Get-SyncValue m | Should -Be 3
    }

    It 'keeps collections apart' {
        Set-SyncItem c 1 -Collection work
        Get-ErrorId { Get-SyncItem c } | Should -Be 'ItemNotFound'
        $item = Get-SyncItem c -Collection work
        $item.Collection | Should -Be 'work'
        $item | Get-SyncValue | Should -Be 1
        $item | Remove-SyncItem
        Get-SyncItem -Collection work | Should -BeNullOrEmpty
    }

    It 'takes names of 1 to 4,096 bytes' {
        Set-SyncItem ('n' * 4096) 1
        (Get-SyncItem).Name.Length | Should -Be 4096
        Get-ErrorId { Set-SyncItem ('n' * 4097) 1 } | Should -Be 'NameInvalid'
        Get-ErrorId { Set-SyncItem ('é' * 2049) 1 } | Should -Be 'NameInvalid'
        Get-ErrorId { Set-SyncItem "a`0b" 1 } | Should -Be 'NameInvalid'
    }

    It 'removes in bulk: one commit for a whole pipeline' {
        1..50 | ForEach-Object { Set-SyncItem "bulk/$_" $_ }
        $before = (Invoke-Mirord 'status' home '--json' | ConvertFrom-Json).commits
        $gone = Get-SyncItem bulk/* | Remove-SyncItem -PassThru
        $gone.Count | Should -Be 50
        $gone.Deleted | Select-Object -Unique | Should -BeTrue
        (Invoke-Mirord 'status' home '--json' | ConvertFrom-Json).commits | Should -Be ($before + 1)
    }
}

Describe 'versions' {
    BeforeAll {
        . (Join-Path $PSScriptRoot 'Common.ps1')
        Initialize-TestHome
        $null = Add-TestVault home
        1..3 | ForEach-Object { Set-SyncItem doc "text $_" }
    }

    AfterAll { Close-TestHome }

    It 'are all kept, newest first, and one stands' {
        $history = Get-SyncHistory doc
        $history | Should -BeOfType ([SyncModule.SyncVersion])
        $history.Count | Should -Be 3
        $history.Active | Should -Be @($true, $false, $false)
        $history.State | Should -Be @('Active', 'Replaced', 'Replaced')
        $history | Get-SyncValue -AsPlainText | Should -Be @('text 3', 'text 2', 'text 1')
        Get-SyncValue doc -Version $history[2].Version -AsPlainText | Should -Be 'text 1'
    }

    It 'come back, as a new version' {
        $oldest = (Get-SyncHistory doc)[-1]
        $restored = Restore-SyncItem doc $oldest.Version -PassThru
        $restored.Version | Should -Not -Be $oldest.Version
        Get-SyncValue doc -AsPlainText | Should -Be 'text 1'
        (Get-SyncHistory doc).Count | Should -Be 4
        Get-SyncHistory doc | Where-Object Length -EQ 6 | Select-Object -Skip 1 -First 1 | Restore-SyncItem
        Get-SyncValue doc -AsPlainText | Should -Be 'text 3'
    }

    It 'come back after a removal without being named' {
        Set-SyncItem gone/a 'kept'
        Set-SyncItem gone/b 'kept too'
        Remove-SyncItem gone/*
        Get-ErrorId { Get-SyncItem gone/a } | Should -Be 'ItemNotFound'
        (Get-SyncItem gone/* -IncludeDeleted).Deleted | Should -Be @($true, $true)
        Restore-SyncItem gone/a
        Get-SyncValue gone/a -AsPlainText | Should -Be 'kept'
        $before = (Get-SyncHistory gone/a).Count
        Restore-SyncItem gone/*
        Get-SyncValue gone/b -AsPlainText | Should -Be 'kept too'
        (Get-SyncHistory gone/a).Count | Should -Be $before -Because 'it was not deleted'
    }

    It 'have to be named when the item is there, and to exist' {
        Get-ErrorId { Restore-SyncItem doc } | Should -Be 'UsageWrong'
        Get-ErrorId { Restore-SyncItem doc ffffffff } | Should -Be 'VersionNotFound'
        Get-ErrorId { Restore-SyncItem doc ffffffff -WhatIf } | Should -Be 'VersionNotFound'
        Get-ErrorId { Get-SyncValue doc -Version ffffffff } | Should -Be 'VersionNotFound'
        Get-ErrorId { Restore-SyncItem nothing ffffffff } | Should -Be 'ItemNotFound'
    }
}
