Describe 'parts of items' {
    BeforeAll {
        . (Join-Path $PSScriptRoot 'Common.ps1')
        Initialize-TestHome
        $null = Add-TestVault desk
        function Get-Shown([string] $Name) { Get-SyncValue $Name -Vault desk | ConvertTo-Json -Depth 10 -Compress | ConvertFrom-Json }
    }

    AfterAll { Close-TestHome }

    It 'are set, removed, counted, added and taken out in one commit' {
        Set-SyncItem app @{ url = 'old'; proxy = 'p'; deep = @{ x = 1 } } -Fields -Vault desk
        $commits = @(Get-SyncHistory app -Vault desk).Count
        Set-SyncItem app -Patch @{ url = 'new'; deep = @{ y = 2.5 }; '/with~1slash' = $null } -Unset proxy -Increment @{ hits = 2 } -AddElement @{ tags = 'a', 'b' } -Vault desk
        @(Get-SyncHistory app -Vault desk).Count | Should -Be ($commits + 1)
        $value = Get-Shown app
        $value.url, $value.deep.x, $value.deep.y, $value.hits | Should -Be @('new', 1, 2.5, 2)
        $value.tags | Should -Be @('a', 'b')
        $value.PSObject.Properties.Name | Should -Contain 'with/slash'
        $value.PSObject.Properties.Name | Should -Not -Contain 'proxy'
        Set-SyncItem app -Increment @{ hits = 5 } -RemoveElement @{ tags = 'a' } -AddElement @{ tags = @(, 3) } -Vault desk
        $value = Get-Shown app
        $value.hits | Should -Be 7
        $value.tags | Should -Be @('b', 3)
        Set-SyncItem app -Patch @{ hits = 0 } -Vault desk
        Set-SyncItem app -Increment @{ hits = [long]1 } -Vault desk
        (Get-Shown app).hits | Should -Be 1
    }

    It 'keep the types that a value has, secrets too' {
        Set-SyncItem typed -Patch @{ at = [datetime]'2026-11-30'; pin = [Net.NetworkCredential]::new('', 'x1').SecurePassword; list = @(1, 'a'); none = $null; empty = @{}; n = [byte]7 } -Vault desk
        $value = Get-SyncValue typed -Vault desk
        $value | Should -BeOfType ([hashtable])
        $value.at, $value.n, $value.none | Should -Be @([datetime]'2026-11-30', 7, $null)
        $value.pin | Should -BeOfType ([securestring])
        $value.list | Should -Be @(1, 'a')
        $value.empty.Count | Should -Be 0
        (Get-SyncItem typed -Vault desk).Type | Should -Be 'Object'
        Set-SyncItem typed -Patch @{ at = 5 } -Vault desk
        (Get-SyncValue typed -Vault desk).at | Should -Be 5
    }

    It 'of several items come from the pipeline' {
        1..3 | ForEach-Object { Set-SyncItem "many/$_" @{ n = $_ } -Vault desk }
        $given = Get-SyncItem many/* -Vault desk | Set-SyncItem -Patch @{ seen = $true } -PassThru
        $given.Name | Should -Be @('many/1', 'many/2', 'many/3')
        (Get-SyncValue many/2 -Vault desk).n, (Get-SyncValue many/2 -Vault desk).seen | Should -Be @(2, $true)
    }

    It 'are refused with a reason, and nothing changes: <Id>' -ForEach @(
        @{ Id = 'NotStructured'; Call = { Set-SyncItem words -Patch @{ a = 1 } -Vault desk } }
        @{ Id = 'NotACounter'; Call = { Set-SyncItem app -Increment @{ url = 1 } -Vault desk } }
        @{ Id = 'NotACounter'; Call = { Set-SyncItem app -Increment @{ hits = 1.5 } -Vault desk } }
        @{ Id = 'NotACounter'; Call = { Set-SyncItem app -Increment @{ hits = 'many' } -Vault desk } }
        @{ Id = 'NotASet'; Call = { Set-SyncItem app -AddElement @{ url = 'x' } -Vault desk } }
        @{ Id = 'UsageWrong'; Call = { Set-SyncItem app -Patch @{} -Vault desk } }
        @{ Id = 'UsageWrong'; Call = { Set-SyncItem app -Patch @{ a = 1 } -Unset /a -Vault desk } }
        @{ Id = 'ValueUnsupported'; Call = { Set-SyncItem app -Patch @{ id = [guid]::Empty } -Vault desk } }
        @{ Id = 'PositionalParameterNotFound'; Call = { Set-SyncItem app 1 -Patch @{ a = 1 } -Vault desk } }
    ) {
        Set-SyncItem words 'text' -Vault desk
        $before = (Get-SyncItem app -Vault desk).Version
        Get-ErrorId $Call | Should -Be $Id
        (Get-SyncItem app -Vault desk).Version | Should -Be $before
    }

    It 'are only told of with -WhatIf' {
        Set-SyncItem app -Patch @{ url = 'no' } -Vault desk -WhatIf
        (Get-Shown app).url | Should -Be 'new'
    }

    It 'take part in a transaction, which shows them' {
        $result = Invoke-SyncTransaction -Vault desk {
            Set-SyncItem app -Patch @{ url = 'within' } -Increment @{ hits = 1 } -Vault desk
            Set-SyncItem app -Increment @{ hits = 1 } -Vault desk
            Set-SyncItem other @{ a = 1 } -Fields -Vault desk
            Set-SyncItem other -Patch @{ b = 2 } -Vault desk
            (Get-SyncValue app -Vault desk).hits
            (Get-SyncValue other -Vault desk).b
        }
        $result.Output | Should -Be @(3, 2)
        $result.Written, $result.Operations | Should -Be @(2, 3)
        (Get-Shown app).hits, (Get-Shown app).url | Should -Be @(3, 'within')
        Get-ErrorId { Invoke-SyncTransaction -Vault desk { Set-SyncItem app -Patch @{ url = 'lost' } -Vault desk; throw 'no' } } | Should -Be 'no'
        (Get-Shown app).url | Should -Be 'within'
    }

    It 'that are a whole tree go with -Recurse, and nothing that only begins like it' {
        'tree', 'tree/a', 'tree/b/c', 'trees' | ForEach-Object { Set-SyncItem $_ 1 -Vault desk }
        Remove-SyncItem tree -Recurse -Vault desk -WhatIf
        @(Get-SyncItem tree* -Vault desk).Count | Should -Be 4
        $gone = Remove-SyncItem tree -Recurse -Vault desk -PassThru
        $gone.Name | Should -Be @('tree', 'tree/a', 'tree/b/c')
        $gone.Deleted | Should -Not -Contain $false
        (Get-SyncItem tree* -Vault desk).Name | Should -Be 'trees'
        Get-ErrorId { Remove-SyncItem tree -Recurse -Vault desk -ErrorAction Stop } | Should -Be 'ItemNotFound'
        Get-ErrorId { Remove-SyncItem t* -Recurse -Vault desk -ErrorAction Stop } | Should -Be 'UsageWrong'
        Restore-SyncItem tree/a -Vault desk
        (Invoke-SyncTransaction -Vault desk { Remove-SyncItem tree -Recurse -Vault desk; @(Get-SyncItem tree/* -Vault desk).Count }).Output | Should -Be 0
        Get-ErrorId { Invoke-SyncTransaction -Vault desk -Atomic { Remove-SyncItem trees -Recurse -Vault desk; Set-SyncItem trees/x 1 -Vault desk; Remove-SyncItem trees -Recurse -Vault desk } } | Should -Be 'NotInTransaction'
    }
}

Describe 'owners' {
    BeforeAll {
        . (Join-Path $PSScriptRoot 'Common.ps1')
        Initialize-TestHome
        $null = Add-TestPair
    }

    AfterAll { Close-TestHome }

    It 'are named, shown, and kept by everybody else' {
        Get-SyncOwner -Vault laptop | Should -BeNullOrEmpty
        Set-SyncOwner volumes disk1 -Vault laptop -WhatIf
        Get-SyncOwner -Vault laptop | Should -BeNullOrEmpty
        $owner = Set-SyncOwner volumes disk1 -Vault laptop -PassThru
        $owner.Collection, $owner.Unit, $owner.Owner, $owner.IsSelf, $owner.Vault | Should -Be @('volumes', 'disk1', 'laptop', $true, 'laptop')
        Set-SyncItem disk1/size 100 -Collection volumes -Vault laptop
        $null = Start-VaultSync desk -Vault laptop
        (Get-SyncOwner volumes -Vault desk).Owner | Should -Be 'laptop'
        (Get-SyncOwner vol* disk* -Vault desk).IsSelf | Should -BeFalse
        Get-SyncOwner volumes tape -Vault desk | Should -BeNullOrEmpty
        Get-ErrorId { Set-SyncItem disk1/size 1 -Collection volumes -Vault desk } | Should -Be 'NotOwner'
        Get-ErrorId { Remove-SyncItem disk1 -Recurse -Collection volumes -Vault desk -ErrorAction Stop } | Should -Be 'NotOwner'
        Get-ErrorId { Set-SyncOwner volumes disk1 -To nobody -Vault laptop } | Should -Be 'NotAMember'
    }

    It 'hand over, and an administrator takes over: what comes late is kept as evidence' {
        Set-SyncOwner volumes disk1 -To desk -Vault laptop
        Get-ErrorId { Set-SyncItem disk1/size 2 -Collection volumes -Vault laptop } | Should -Be 'NotOwner'
        Set-SyncOwner volumes tape -Vault laptop
        $null = Start-VaultSync desk -Vault laptop
        Set-SyncItem disk1/size 3 -Collection volumes -Vault desk
        Set-SyncItem tape/1 'late' -Collection volumes -Vault laptop
        Get-SyncOwner volumes tape -Vault desk | Set-SyncOwner -Vault desk
        $null = Start-VaultSync desk -Vault laptop
        Get-SyncValue disk1/size -Collection volumes -Vault laptop | Should -Be 3
        $refused = @(Get-SyncOwner -Refused -Vault laptop)
        $refused.Count | Should -Be 1
        $refused[0].Name, $refused[0].Device, $refused[0].Owner, $refused[0].Collection | Should -Be @('tape/1', 'laptop', 'desk', 'volumes')
        Get-Digest laptop | Should -Be (Get-Digest desk)
    }

    It 'are named within a transaction, not with a change of what they own' {
        (Invoke-SyncTransaction -Vault laptop { Set-SyncOwner shelf -Vault laptop; Set-SyncItem beside 1 -Vault laptop }).Operations | Should -Be 2
        (Get-SyncOwner shelf -Vault laptop).Unit | Should -Be ''
        Get-ErrorId { Invoke-SyncTransaction -Vault laptop { Set-SyncOwner box -Vault laptop; Set-SyncItem a 1 -Collection box -Vault laptop } } | Should -Be 'NotInTransaction'
        Get-SyncOwner box -Vault laptop -ErrorAction Ignore | Should -BeNullOrEmpty
    }

    It 'are a table of at most 80 columns' {
        $lines = @((Get-SyncOwner -Vault laptop | Out-String -Width 80), (Get-SyncOwner -Refused -Vault laptop | Out-String -Width 80)) -split '\r?\n'
        $lines | Where-Object { $_.Length -gt 80 } | Should -BeNullOrEmpty
        $lines | Where-Object { $_ -match '^shelf +laptop +\d{4}-\d\d-\d\d \d\d:\d\d +\*$' } | Should -Not -BeNullOrEmpty
    }
}
