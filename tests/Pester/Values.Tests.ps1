Describe 'values' {
    BeforeAll {
        . (Join-Path $PSScriptRoot 'Common.ps1')
        Initialize-TestHome
        $null = Add-TestVault home
        function Get-Back([object] $Value) {
            Set-SyncItem back $Value
            , (Get-SyncValue back)
        }
    }

    AfterAll { Close-TestHome }

    It 'gives text as a SecureString unless plain text is asked for' {
        Set-SyncItem t 'grüße, 世界 🔑'
        Get-SyncValue t | Should -BeOfType ([securestring])
        ConvertFrom-Secure (Get-SyncValue t) | Should -BeExactly 'grüße, 世界 🔑'
        Get-SyncValue t -AsPlainText | Should -BeExactly 'grüße, 世界 🔑'
        Set-SyncItem t ''
        Get-SyncValue t -AsPlainText | Should -BeExactly ''
    }

    It 'gives back <Type> as it was' -ForEach @(
        @{ Type = 'a whole number'; Value = 42 }
        @{ Type = 'a large number'; Value = 5000000000 }
        @{ Type = 'a fraction'; Value = 1.5 }
        @{ Type = 'a whole fraction'; Value = 2.0 }
        @{ Type = 'a truth value'; Value = $false }
        @{ Type = 'a date'; Value = [datetime]::new(2026, 3, 4, 5, 6, 7, [DateTimeKind]::Utc) }
        @{ Type = 'a guid'; Value = [guid]'6b0c5a5e-2f6d-4c0e-9b57-6f1d1c8f3a42' }
        @{ Type = 'a span of time'; Value = [timespan]'1.02:03:04.5' }
        @{ Type = 'a version'; Value = [version]'1.2.3' }
        @{ Type = 'a decimal'; Value = 1.1d }
        @{ Type = 'a character'; Value = [char]'x' }
    ) {
        $back = Get-Back $Value
        $back | Should -BeOfType $Value.GetType()
        $back | Should -BeExactly $Value
    }

    It 'gives a SecureString as plain text when that is asked for' {
        Set-SyncItem secure (ConvertTo-Secure 'hidden')
        Get-SyncValue secure | Should -BeOfType ([securestring])
        Get-SyncValue secure -AsPlainText | Should -BeExactly 'hidden'
    }

    It 'keeps classes as deep as -Depth says' {
        class SyncTestInner { [string] $Text = 'deep'; [guid] $Id = [guid]::Empty }
        class SyncTestOuter { [SyncTestInner] $Inner = [SyncTestInner]::new() }
        Set-SyncItem classes ([SyncTestOuter]::new()) -Depth 2
        (Get-SyncValue classes).Inner.Text | Should -Be 'deep'
        (Get-SyncValue classes).Inner.Id | Should -BeOfType ([guid])
        Set-SyncItem classes ([SyncTestOuter]::new()) -Depth 1
        (Get-SyncValue classes).Inner | Should -BeOfType ([string]) -Because 'that is one level less than it has'
    }

    It 'gives back bytes, lists, hashtables and objects as they were' {
        $bytes = Get-Back ([byte[]] (0..255))
        , $bytes | Should -BeOfType ([byte[]])
        $bytes -join ',' | Should -Be ((0..255) -join ',')
        $list = Get-Back @(1, 'two', $null, @(3, 4))
        $list.Count, $list[1], $list[3][1] | Should -Be @(4, 'two', 4)
        $map = Get-Back @{ url = 'https://x'; retries = 3; '$odd' = @{ deep = @(1) } }
        $map | Should -BeOfType ([hashtable])
        $map.URL, $map.retries, $map['$odd'].deep[0] | Should -Be @('https://x', 3, 1)
        $ordered = Get-Back ([ordered]@{ z = 1; a = 2 })
        @($ordered.Keys) | Should -Be @('z', 'a')
        $object = Get-Back ([pscustomobject]@{ Name = 'n'; When = [datetime]'2026-01-02' })
        $object.Name, $object.When.Year | Should -Be @('n', 2026)
        (Get-Back ([byte[]]::new(0))).Length | Should -Be 0
    }

    It 'gives back secrets wherever they stand' {
        $credential = [pscredential]::new('user', (ConvertTo-Secure 'pässword'))
        (Get-Back (ConvertTo-Secure 'secret')) | ForEach-Object { ConvertFrom-Secure $_ } | Should -BeExactly 'secret'
        $back = Get-Back $credential
        $back.UserName, (ConvertFrom-Secure $back.Password) | Should -Be @('user', 'pässword')
        $ordered = Get-Back ([ordered]@{ id = [guid]::Empty; key = (ConvertTo-Secure 'k0') })
        @($ordered.Keys) + (ConvertFrom-Secure $ordered.key) | Should -Be @('id', 'key', 'k0')
        $map = Get-Back @{ list = @($credential); inner = @{ key = (ConvertTo-Secure 'k') } }
        (ConvertFrom-Secure $map.list[0].Password), (ConvertFrom-Secure $map.inner.key) | Should -Be @('pässword', 'k')
        # A guid makes it CLIXML, whose own SecureStrings another machine could not read.
        $mixed = Get-Back @{ id = [guid]::Empty; key = (ConvertTo-Secure 'k2'); who = $credential }
        $mixed.id | Should -BeOfType ([guid])
        (ConvertFrom-Secure $mixed.key), $mixed.who.UserName | Should -Be @('k2', 'user')
        Invoke-Mirord 'get' home back | Should -Not -Match '<SS'
    }

    It 'writes what other programs read as JSON' {
        Set-SyncItem app/config ([ordered]@{ url = 'https://x'; retries = 3; rate = 2.0 })
        Invoke-Mirord 'get' home app/config | Should -BeExactly '{"url":"https://x","retries":3,"rate":2.0}'
        $null = Invoke-Mirord 'put' home @('from/mirord', '--value', 'text')
        , (Get-SyncValue from/mirord) | Should -BeOfType ([byte[]])
        (Get-SyncItem app/config).Type, (Get-SyncItem from/mirord).Type | Should -Be @('Object', 'Bytes')
    }

    It 'refuses what it cannot store, and stores nothing' {
        Get-ErrorId { Set-SyncItem none $null } | Should -Be 'ValueUnsupported'
        Get-ErrorId { Set-SyncItem none ([string] [char] 0xD800) } | Should -Be 'ValueUnsupported'
        Get-SyncItem none* | Should -BeNullOrEmpty
    }

    It 'writes a file, and streams bytes' {
        $random = [byte[]]::new(200000)
        [Random]::new(7).NextBytes($random)
        Set-SyncItem file $random
        $file = Get-SyncValue file -OutFile (Get-TestPath 'out.bin')
        $file | Should -BeOfType ([IO.FileInfo])
        [Convert]::ToHexString([Security.Cryptography.SHA256]::HashData([IO.File]::ReadAllBytes($file.FullName))) | Should -Be ([Convert]::ToHexString([Security.Cryptography.SHA256]::HashData($random)))
        if (-not $IsWindows) { (Get-Item $file.FullName).UnixMode | Should -Be '-rw-------' }
        (Get-SyncValue file -AsByteStream | Measure-Object).Count | Should -Be 200000
        Get-SyncValue file -AsByteStream | Select-Object -First 3 | Should -Be $random[0..2]
        Push-Location $TestState.Root
        try { (Get-SyncValue file -OutFile relative.bin).FullName | Should -Be (Get-TestPath 'relative.bin') } finally { Pop-Location }
    }

    It 'refuses more than 64 MiB in memory, and writes it to a file' {
        $large = Get-TestPath 'large.bin'
        $stream = [IO.File]::Create($large)
        $stream.SetLength((64 -shl 20) + 1)
        $stream.Dispose()
        $null = Invoke-Mirord 'put' home @('large', '--file', $large)
        Get-ErrorId { Get-SyncValue large } | Should -Be 'ValueTooLarge'
        (Get-SyncValue large -OutFile (Get-TestPath 'large.out')).Length | Should -Be ((64 -shl 20) + 1)
    }

    It 'reads in another process, of another user''s home, what was written here' {
        Set-SyncItem cred ([pscredential]::new('user', (ConvertTo-Secure 'from here')))
        Set-SyncItem mixed @{ id = [guid]::Empty; key = (ConvertTo-Secure 'k') }
        $result = Invoke-Pwsh {
            Import-Module SyncModule
            $credential = Get-SyncValue cred -Vault $args[0] -KeyFile $args[1]
            "$($credential.UserName) $($credential.GetNetworkCredential().Password)"
            [Net.NetworkCredential]::new('', (Get-SyncValue mixed -Vault $args[0] -KeyFile $args[1]).key).Password
        } (Get-TestPath 'vaults/home'), (Get-TestPath 'home.key') -Environment @{ HOME = (New-Item -ItemType Directory (Get-TestPath 'elsewhere')).FullName; SYNCMODULE_HOME = (Get-TestPath 'elsewhere') }
        $result.Lines | Should -Be @('user from here', 'k')
    }
}
