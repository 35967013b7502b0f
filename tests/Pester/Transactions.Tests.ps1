Describe 'transactions' {
    BeforeAll {
        . (Join-Path $PSScriptRoot 'Common.ps1')
        Initialize-TestHome
        $null = Add-TestVault desk
        $null = Add-TestVault other
        function Get-ItemName([string] $Vault = 'desk', [string] $Collection = 'items') { @((Get-SyncItem -Vault $Vault -Collection $Collection).Name) }
        function Set-Two([string] $Name) { Set-SyncItem "$Name/1" 1 -Vault desk; Set-SyncItem "$Name/2" 2 -Vault desk -Collection notes }
    }

    AfterAll { Close-TestHome }

    It 'become one commit and give one object' {
        Set-SyncItem old 'gone soon' -Vault desk
        $result = @(Invoke-SyncTransaction -Vault desk {
                Set-Two first
                Set-SyncItem with/meta 'x' -Metadata @{ by = 'me' } -Vault desk
                'a', 'b' | ForEach-Object { [pscustomobject]@{ Name = "piped/$_"; Value = $_ } } | Set-SyncItem -Vault desk
                Remove-SyncItem old -Vault desk
                'from the block'
            })
        $result.Count | Should -Be 1
        $result[0] | Should -BeOfType ([SyncModule.SyncTransaction])
        $result[0].Operations, $result[0].Written, $result[0].Deleted, $result[0].Atomic, $result[0].Vault | Should -Be @(6, 5, 1, $false, 'desk')
        $result[0].Commit | Should -Match '^[0-9a-f]{64}$'
        $result[0].Output | Should -Be 'from the block'
        Get-ItemName | Should -Be @('first/1', 'piped/a', 'piped/b', 'with/meta')
        Get-ItemName -Collection notes | Should -Be 'first/2'
        (Get-SyncItem with/meta -Vault desk).Metadata['by'] | Should -Be 'me'
        (Invoke-SyncTransaction -Vault desk -Atomic { Set-SyncItem first/1 1 -Vault desk }).Atomic | Should -BeTrue
        (Invoke-SyncTransaction -Vault desk { }).Commit | Should -BeNullOrEmpty
    }

    It 'see their own changes, which nobody else does' {
        Set-SyncItem seen 'before' -Vault desk
        $long = 'x' * 20000
        $inside = (Invoke-SyncTransaction -Vault desk {
                Set-SyncItem seen 'within' -Vault desk
                Set-SyncItem new/long $long -Vault desk
                Set-SyncItem new/object @{ n = 7 } -Vault desk
                Remove-SyncItem piped/a -Vault desk
                [pscustomobject]@{
                    Seen    = Get-SyncValue SEEN -Vault desk -AsPlainText
                    Long    = (Get-SyncValue new/long -Vault desk -AsPlainText) -eq $long
                    Object  = (Get-SyncValue new/object -Vault desk).n
                    Names   = @((Get-SyncItem new/*, piped/* -Vault desk).Name)
                    Version = (Get-SyncItem seen -Vault desk).Version
                    Outside = Start-ThreadJob { Get-SyncValue seen -Vault desk -AsPlainText } | Receive-Job -Wait -AutoRemoveJob
                }
            }).Output[0]
        $inside.Seen, $inside.Long, $inside.Object, $inside.Version, $inside.Outside | Should -Be @('within', $true, 7, '', 'before')
        $inside.Names | Should -Be @('new/long', 'new/object', 'piped/b')
        Get-SyncValue seen -Vault desk -AsPlainText | Should -Be 'within'
        Get-SyncValue new/long -Vault desk -AsPlainText | Should -Be $long
        @(Get-SyncHistory seen -Vault desk).Count | Should -Be 2
    }

    It 'leave nothing after an error: <Name>' -ForEach @(
        @{ Name = 'thrown'; Last = { throw 'no' }; Id = 'no' }
        @{ Name = 'of a cmdlet'; Last = { Get-SyncItem nothing -Vault desk }; Id = 'ItemNotFound' }
        @{ Name = 'of a cmdlet, within a function'; Last = { function Fail { Remove-SyncItem nothing -Vault desk }; Fail }; Id = 'ItemNotFound' }
        @{ Name = 'of another command'; Last = { Get-Item /there/is/none }; Id = 'PathNotFound' }
        @{ Name = 'written'; Last = { Write-Error -Message 'bad' -ErrorId Mine }; Id = 'Mine' }
        @{ Name = 'too large'; Last = { 1..3800 | ForEach-Object { Set-SyncItem "n$_" ('x' * 4096) -Vault desk } }; Id = 'TransactionTooLarge' }
    ) {
        $before = Get-Digest desk
        Get-ErrorId { Invoke-SyncTransaction -Vault desk { Set-Two failing; & $Last } } | Should -Be $Id
        Get-Digest desk | Should -Be $before
        # The next one is not nested in it.
        (Invoke-SyncTransaction -Vault desk { }).Operations | Should -Be 0
    }

    It 'go on after an error that is tolerated' {
        $result = Invoke-SyncTransaction -Vault desk {
            Get-SyncItem nothing -Vault desk -ErrorAction SilentlyContinue
            try { Remove-SyncItem nothing -Vault desk } catch { Set-SyncItem caught 1 -Vault desk }
        }
        $result.Operations | Should -Be 1
        Get-ItemName | Should -Contain 'caught'
    }

    It 'write nothing with -WhatIf' {
        $before = Get-Digest desk
        $given = Invoke-SyncTransaction -Vault desk -WhatIf { Set-Two trial }
        $given | Should -BeNullOrEmpty
        Get-Digest desk | Should -Be $before
        (Invoke-SyncTransaction -Vault desk { Set-SyncItem trial 1 -Vault desk -WhatIf }).Operations | Should -Be 0
    }

    It 'hold no other on the same vault, and one on another' {
        Get-ErrorId { Invoke-SyncTransaction -Vault desk { Invoke-SyncTransaction -Vault desk { } } } | Should -Be 'TransactionNested'
        $result = Invoke-SyncTransaction -Vault desk {
            Set-SyncItem outer 1 -Vault desk
            Invoke-SyncTransaction -Vault other { Set-SyncItem inner 1 -Vault other }
        }
        $result.Operations, $result.Output[0].Operations, $result.Output[0].Vault | Should -Be @(1, 1, 'other')
        Get-ItemName other | Should -Be 'inner'
    }

    It 'are meant by a command in them that names no vault' {
        (Get-SyncVault | Where-Object Default).Name | Should -Be 'desk'
        $result = Invoke-SyncTransaction -Vault other { Set-SyncItem unnamed 1; (Invoke-SyncTransaction -Vault desk { Set-SyncItem deeper 1 }).Operations; (Get-SyncItem unnamed).Vault }
        $result.Operations, $result.Output[0], $result.Output[1] | Should -Be @(1, 1, 'other')
        Get-ItemName other | Should -Contain 'unnamed'
        Get-ItemName | Should -Contain 'deeper'
        Get-ItemName | Should -Not -Contain 'unnamed'
    }

    It 'refuse what cannot be part of them: <Name>' -ForEach @(
        @{ Name = 'Import-SyncItem'; Do = { Import-SyncItem $PSScriptRoot -Vault desk } }
        @{ Name = 'Export-SyncItem'; Do = { Export-SyncItem seen (Get-TestPath 'out') -Vault desk } }
        @{ Name = 'Start-VaultSync'; Do = { Start-VaultSync -Vault desk } }
        @{ Name = 'Resolve-SyncMerge'; Do = { Resolve-SyncMerge seen -Select Latest -Vault desk } }
        @{ Name = 'Add-SyncPeer'; Do = { Add-SyncPeer nas -Address 127.0.0.1:1 -Vault desk } }
        @{ Name = 'Repair-SyncVault'; Do = { Repair-SyncVault desk } }
        @{ Name = 'Lock-SyncVault'; Do = { Lock-SyncVault desk -Force } }
        @{ Name = 'Set-Content in the drive'; Do = { Set-Content SyncVault:/desk/seen 'x' } }
        @{ Name = 'Remove-Item in the drive'; Do = { Remove-Item SyncVault:/desk/seen } }
    ) {
        $before = Get-Digest desk
        Get-ErrorId { Invoke-SyncTransaction -Vault desk { Set-SyncItem lost 1 -Vault desk; & $Do } } | Should -Be 'NotInTransaction'
        Get-Digest desk | Should -Be $before
        # On another vault it is none of the transaction's business.
        if ($Name -eq 'Add-SyncPeer') { (Invoke-SyncTransaction -Vault desk { Add-SyncPeer nas -Address 127.0.0.1:1 -Vault other }).Operations | Should -Be 0 }
    }

    It 'restore and copy with the rest' {
        Set-SyncItem story 'one' -Vault desk
        $first = (Get-SyncItem story -Vault desk).Version
        Set-SyncItem story 'two' -Vault desk
        Set-SyncItem theirs 'of the other' -Vault other
        $result = Invoke-SyncTransaction -Vault desk {
            Restore-SyncItem story -Version $first -Vault desk
            Copy-SyncItem story -NewName story.copy -Vault desk
            Copy-SyncItem theirs -Vault other -ToVault desk
            Get-SyncValue story.copy -Vault desk -AsPlainText
        }
        $result.Operations, $result.Output[0] | Should -Be @(3, 'one')
        'story', 'story.copy', 'theirs' | ForEach-Object { Get-SyncValue $_ -Vault desk -AsPlainText } | Should -Be @('one', 'one', 'of the other')
        Get-ErrorId { Invoke-SyncTransaction -Vault desk { Set-SyncItem mine 1 -Vault desk; Copy-SyncItem theirs -NewName mine -Vault other -ToVault desk } } | Should -Be 'NotInTransaction'
    }
}

Describe 'copies' {
    BeforeAll {
        . (Join-Path $PSScriptRoot 'Common.ps1')
        Initialize-TestHome
        $null = Add-TestVault desk
        $null = Add-TestVault other
        Set-SyncItem app/text 'text' -Vault desk -Metadata @{ by = 'me'; n = 3 }
        Set-SyncItem app/object @{ a = 1; b = 'two' } -Vault desk
        Set-SyncItem app/secret (ConvertTo-Secure 'hush') -Vault desk
        Set-SyncItem app/bytes ([byte[]](1..200 * 100)) -Vault desk
    }

    AfterAll { Close-TestHome }

    It 'carry values, types, metadata and times' {
        $copied = Copy-SyncItem app/* -Vault desk -ToVault other -PassThru
        $copied.Vault | Should -Be (@('other') * 4)
        foreach ($item in Get-SyncItem app/* -Vault desk) {
            $copy = Get-SyncItem $item.Name -Vault other
            $copy.Type, $copy.Length, $copy.Modified, $copy.Heads | Should -Be @($item.Type, $item.Length, $item.Modified, 1)
        }
        (Get-SyncItem app/text -Vault other).Metadata['by'], (Get-SyncItem app/text -Vault other).Metadata['n'] | Should -Be @('me', 3)
        (Get-SyncValue app/object -Vault other).b | Should -Be 'two'
        ConvertFrom-Secure (Get-SyncValue app/secret -Vault other) | Should -Be 'hush'
        (Get-SyncValue app/bytes -Vault other) -join ',' | Should -Be ((Get-SyncValue app/bytes -Vault desk) -join ',')
    }

    It 'overwrite nothing, and say what they met' {
        $warnings = @(Copy-SyncItem app/* -Vault desk -ToVault other 3>&1)
        $warnings.Count | Should -Be 1
        "$warnings" | Should -Match '^4 items were skipped.*app/bytes, app/object'
        Set-SyncItem app/text 'theirs' -Vault other
        $warnings = @(Get-SyncItem app/text -Vault desk | Copy-SyncItem -ToVault other 3>&1)
        "$warnings" | Should -Match '^app/text was there with other content'
        (Get-SyncItem app/text -Vault other).Heads | Should -Be 2
        (Get-SyncMerge -State Open -Vault other).Key | Should -Be 'app/text'
        (Get-SyncHistory app/text -Vault other | Where-Object State -NE Replaced).Count | Should -Be 2
    }

    It 'take other names and collections in the same vault' {
        Copy-SyncItem app/text -NewName app/text.2 -Vault desk
        'app/object', 'app/secret' | Copy-SyncItem -ToCollection safe -Vault desk
        Get-SyncValue app/text.2 -Vault desk -AsPlainText | Should -Be 'text'
        (Get-SyncItem -Vault desk -Collection safe).Name | Should -Be @('app/object', 'app/secret')
        Get-ErrorId { Copy-SyncItem app/text -Vault desk } | Should -Be 'UsageWrong'
        Get-ErrorId { Copy-SyncItem app/* -NewName one -Vault desk } | Should -Be 'UsageWrong'
        Get-ErrorId { Copy-SyncItem nothing -NewName one -Vault desk } | Should -Be 'ItemNotFound'
        Get-ErrorId { Copy-SyncItem app/text -Vault desk -ToVault nowhere } | Should -Be 'VaultUnknown'
        Copy-SyncItem app/text -NewName never -Vault desk -WhatIf
        Get-ErrorId { Get-SyncItem never -Vault desk } | Should -Be 'ItemNotFound'
    }
}

Describe 'the past' {
    BeforeAll {
        . (Join-Path $PSScriptRoot 'Common.ps1')
        Initialize-TestHome
        $null = Add-TestVault desk
        Set-SyncItem a 'first' -Vault desk
        Set-SyncItem b 'later gone' -Vault desk
        $token = (Get-SyncStatus -Vault desk).Token
        $at = (Get-SyncItem b -Vault desk).Modified.LocalDateTime
        Start-Sleep -Milliseconds 5
        Set-SyncItem a 'second' -Vault desk
        Set-SyncItem c 'new' -Vault desk
        Remove-SyncItem b -Vault desk
    }

    AfterAll { Close-TestHome }

    It 'is shown as it was' {
        (Get-SyncItem -At $at -Vault desk).Name | Should -Be @('a', 'b')
        (Get-SyncItem B -At $at -Vault desk).Length | Should -Be 10
        Get-SyncValue a, b -At $at -Vault desk -AsPlainText | Should -Be @('first', 'later gone')
        Get-SyncItem -At (Get-Date).AddDays(-1) -Vault desk | Should -BeNullOrEmpty
        (Get-SyncItem -At (Get-Date).AddDays(1) -Vault desk).Name | Should -Be @('a', 'c')
        Get-ErrorId { Get-SyncValue c -At $at -Vault desk } | Should -Be 'ItemNotFound'
        Get-ErrorId { Get-SyncValue a -At $at -Version 0000 -Vault desk } | Should -Be 'UsageWrong'
        Get-ErrorId { Get-SyncItem -At 'half past nine o clock' -Vault desk } | Should -Be 'CannotConvertArgumentNoMessage'
    }

    It 'gives what has changed since' {
        $changed = Get-SyncItem -Since $token -Vault desk
        $changed.Name | Should -Be @('a', 'b', 'c')
        $changed.Deleted | Should -Be @($false, $true, $false)
        (Get-SyncItem A, x* -Since $token -Vault desk).Name | Should -Be 'a'
        Get-SyncItem -Since (Get-SyncStatus -Vault desk).Token -Vault desk | Should -BeNullOrEmpty
        Get-ErrorId { Get-SyncItem -Since 'since-nothing' -Vault desk } | Should -Be 'TokenInvalid'
        Get-ErrorId { Get-SyncItem -Since $token -At $at -Vault desk } | Should -Be 'UsageWrong'
    }
}
