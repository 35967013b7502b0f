Describe 'vaults by name' {
    BeforeAll {
        . (Join-Path $PSScriptRoot 'Common.ps1')
        Initialize-TestHome
    }

    AfterAll { Close-TestHome }

    BeforeEach {
        Get-SyncVault | Lock-SyncVault -Force
        Get-SyncVault | Unregister-SyncVault
        Remove-Item (Get-TestPath 'vaults'), (Get-TestPath '*.key') -Recurse -ErrorAction Ignore
    }

    It 'makes a vault, open, the first of a user the default' {
        $first = Add-TestVault one
        $first | Should -BeOfType ([SyncModule.SyncVault])
        $first.Name, $first.Device, $first.State, $first.Default, $first.Items | Should -Be @('one', 'one', 'Unlocked', $true, 0)
        (Add-TestVault two).Default | Should -BeFalse
        (Get-SyncVault).Name | Should -Be @('one', 'two')
        if (-not $IsWindows) { (Get-Item (Get-TestPath 'one.key')).UnixMode | Should -Be '-rw-------' }
    }

    It 'makes a vault below the user''s home when no path is given' {
        $vault = New-SyncVault athome -KeyFile (Get-TestPath 'athome.key')
        if ($IsWindows) { Set-ItResult -Skipped -Because 'the home of a user cannot be moved by a variable'; return }
        $vault.Path | Should -Be (Join-Path $env:HOME 'SyncVaults' 'athome')
    }

    It 'takes no name twice, no folder twice, and no key file inside the vault' {
        $null = Add-TestVault one
        Get-ErrorId { New-SyncVault ONE -Path (Get-TestPath 'vaults/x') -KeyFile (Get-TestPath 'x.key') } | Should -Be 'VaultNameTaken'
        Get-ErrorId { New-SyncVault x -Path (Get-TestPath 'vaults/one') -KeyFile (Get-TestPath 'x.key') } | Should -Be 'VaultExists'
        Get-ErrorId { New-SyncVault x -Path (Get-TestPath 'vaults/x') -KeyFile (Get-TestPath 'vaults/x/x.key') } | Should -Be 'UsageWrong'
        Get-ErrorId { New-SyncVault '../x' } | Should -Be 'VaultNameInvalid'
        Set-Content (New-Item (Get-TestPath 'vaults/full/file') -Force) 'x'
        Get-ErrorId { New-SyncVault x -Path (Get-TestPath 'vaults/full') -KeyFile (Get-TestPath 'x.key') } | Should -Be 'FolderNotEmpty'
        (Get-SyncVault).Name | Should -Be 'one'
        Test-Path (Get-TestPath 'x.key') | Should -BeFalse
    }

    It 'shows what can be known of a vault without opening it' {
        $null = Add-TestVault open
        Add-LockedVault locked
        Add-GarbageVault garbage
        $null = Add-TestVault gone
        Lock-SyncVault gone -Force
        Remove-Item (Get-TestPath 'vaults/gone') -Recurse
        (Get-SyncVault | Sort-Object Name).State | Should -Be @('Damaged', 'Missing', 'Locked', 'Unlocked')
        (Get-SyncVault L*).Name | Should -Be 'locked'
        (Get-SyncVault LOCKED, open).Name | Should -Be @('locked', 'open')
        'open', 'locked' | Get-SyncVault | ForEach-Object Name | Should -Be @('open', 'locked')
        Get-SyncVault zz* | Should -BeNullOrEmpty
    }

    It 'forgets a name and learns it again; the folder stays' {
        $null = Add-TestVault one
        Unregister-SyncVault one
        Get-SyncVault | Should -BeNullOrEmpty
        Get-ErrorId { Unregister-SyncVault one } | Should -Be 'VaultUnknown'
        $again = Register-SyncVault again (Get-TestPath 'vaults/one') -KeyFile (Get-TestPath 'one.key') -Default -PassThru
        $again.Name, $again.Default | Should -Be @('again', $true)
        Set-SyncItem a 1
        (Get-SyncItem -Vault again).Name | Should -Be 'a'
        [pscustomobject]@{ Name = 'third'; Path = Get-TestPath 'vaults/one' } | Register-SyncVault
        (Get-SyncVault).Name | Should -Be @('again', 'third')
        Get-SyncVault | Unregister-SyncVault
        Get-SyncVault | Should -BeNullOrEmpty
        Test-Path (Get-TestPath 'vaults/one/vault.json') | Should -BeTrue
    }

    It 'renames, moves the default, and notes a key file that opens the vault' {
        $null = Add-TestVault one
        $null = Add-TestVault two
        (Set-SyncVault two -Default -PassThru).Default | Should -BeTrue
        (Get-SyncVault one).Default | Should -BeFalse
        Set-SyncVault one -NewName uno
        (Get-SyncVault).Name | Should -Be @('two', 'uno')
        Get-ErrorId { Set-SyncVault uno -NewName two } | Should -Be 'VaultNameTaken'
        Get-ErrorId { Set-SyncVault uno -KeyFile (Get-TestPath 'two.key') } | Should -Be 'WrongKeyFile'
        (Get-SyncVault uno).KeyFile | Should -Be (Get-TestPath 'one.key')
        Set-SyncVault uno -KeyFile ''
        (Get-SyncVault uno).KeyFile | Should -BeNullOrEmpty
    }
}

Describe 'what opens a vault' {
    BeforeAll {
        . (Join-Path $PSScriptRoot 'Common.ps1')
        Initialize-TestHome
        $null = New-SyncVault safe -Path (Get-TestPath 'vaults/safe') -Passphrase (ConvertTo-Secure 'correct horse')
        Set-SyncItem a 1 -Vault safe
    }

    AfterAll { Close-TestHome }

    BeforeEach { Lock-SyncVault safe -Force }

    It 'is a passphrase that can be changed by who has it' {
        $old = [pscredential]::new('me', (ConvertTo-Secure 'correct horse'))
        $new = [pscredential]::new('me', (ConvertTo-Secure 'battery staple'))
        Set-SyncVault safe -Passphrase $new.Password -WhatIf
        Get-ErrorId { Set-SyncVault safe -Passphrase $new.Password -Credential $new } | Should -Be 'WrongPassphrase'
        Get-ErrorId { Set-SyncVault safe -Passphrase $new.Password -AskPassphrase -Credential $old } | Should -Be 'UsageWrong'
        Get-SyncValue a -Vault safe -Credential $old | Should -Be 1
        # Also while the vault is open: who passes by must not change it.
        $refused = (Invoke-Pwsh { $p = [Security.SecureString]::new(); $p.AppendChar('x'); Set-SyncVault safe -Passphrase $p; $Error[0].Exception.Message; $Error[0].FullyQualifiedErrorId }).Lines
        $refused[-1] | Should -Match '^VaultLocked,'
        # Unlocking it would not help.
        $refused[-2] | Should -Match '-Credential, or -KeyFile FILE'
        $refused[-2] | Should -Not -Match 'Unlock-SyncVault'

        Set-SyncVault safe -Passphrase $new.Password -Credential $old -WarningVariable warned -WarningAction SilentlyContinue
        $warned | Should -Match 'An old copy of vault.json still opens'
        Lock-SyncVault safe -Force
        Get-ErrorId { Get-SyncValue a -Vault safe -Credential $old } | Should -Be 'WrongPassphrase'
        Get-SyncValue a -Vault safe -Credential $new | Should -Be 1
        Lock-SyncVault safe -Force
        Set-SyncVault safe -Passphrase $old.Password -Credential $new -WarningAction SilentlyContinue
    }

    It 'is a key file too, which a schedule and other processes take' {
        $credential = [pscredential]::new('me', (ConvertTo-Secure 'correct horse'))
        Get-ErrorId { Register-SyncSchedule 00:15 -Vault safe -WhatIf } | Should -Be 'ScheduleNeedsKeyFile'
        Get-ErrorId { Set-SyncVault safe -NewKeyFile (Get-TestPath 'vaults/safe/in.key') -Credential $credential } | Should -Be 'UsageWrong'
        $made = Set-SyncVault safe -NewKeyFile (Get-TestPath 'safe.key') -Credential $credential -PassThru -WarningVariable warned
        $made.KeyFile | Should -Be (Get-TestPath 'safe.key')
        $warned | Should -BeNullOrEmpty
        (Invoke-Pwsh { Get-SyncValue a -Vault safe }).Lines | Should -Be '1'
        @(Register-SyncSchedule 00:15 -Vault safe -WhatIf 6>&1) -join "`n" | Should -Match ([regex]::Escape((Get-TestPath 'safe.key')))

        # The noted key file opens it for whoever sits there: for another passphrase or key file it has to be named, or the passphrase given.
        $vaultFile = Get-TestPath 'vaults/safe/vault.json'
        $before = Get-Content $vaultFile -Raw
        foreach ($open in $false, $true) {
            if ($open) { $null = Get-SyncItem -Vault safe }
            $lines = (Invoke-Pwsh {
                    $new = [Net.NetworkCredential]::new('', 'somebody elses').SecurePassword
                    Set-SyncVault safe -Passphrase $new
                    $Error[0].FullyQualifiedErrorId
                    Set-SyncVault safe -NewKeyFile $args[0]
                    $Error[0].FullyQualifiedErrorId
                } (Get-TestPath 'theirs.key')).Lines
            $lines[-2, -1] | Should -Match '^VaultLocked,'
        }
        Get-Content $vaultFile -Raw | Should -Be $before
        Test-Path (Get-TestPath 'theirs.key') | Should -BeFalse
        Set-SyncVault safe -Passphrase (ConvertTo-Secure 'forgotten and new') -KeyFile (Get-TestPath 'safe.key') -WarningAction SilentlyContinue
        Lock-SyncVault safe -Force
        Set-SyncVault safe -KeyFile ''
        Get-SyncValue a -Vault safe -Credential ([pscredential]::new('me', (ConvertTo-Secure 'forgotten and new'))) | Should -Be 1
    }

    It 'is the noted key file alone where there is no passphrase to ask for' {
        $null = Add-TestVault lone
        Set-SyncItem a 2 -Vault lone
        Set-SyncVault lone -Passphrase (ConvertTo-Secure 'a first passphrase') -WarningVariable warned
        $warned | Should -BeNullOrEmpty
        Lock-SyncVault lone -Force
        Get-SyncValue a -Vault lone -Credential ([pscredential]::new('me', (ConvertTo-Secure 'a first passphrase'))) | Should -Be 2
        # From now on there is one.
        (Invoke-Pwsh { Set-SyncVault lone -Passphrase ([Net.NetworkCredential]::new('', 'somebody elses').SecurePassword); $Error[0].FullyQualifiedErrorId }).Lines[-1] | Should -Match '^VaultLocked,'
    }
}

Describe 'which vault' {
    BeforeAll {
        . (Join-Path $PSScriptRoot 'Common.ps1')
        Initialize-TestHome
        foreach ($name in 'first', 'second', 'third') {
            $null = Add-TestVault $name
            Set-SyncItem "of-$name" 1 -Vault $name
        }
    }

    AfterAll { Close-TestHome }

    AfterEach { $env:SYNCMODULE_VAULT = $null }

    It 'is the default, or SYNCMODULE_VAULT, or what -Vault says: a name, a folder, an object' {
        (Get-SyncItem).Name | Should -Be 'of-first'
        $env:SYNCMODULE_VAULT = 'second'
        (Get-SyncItem).Name | Should -Be 'of-second'
        (Get-SyncItem -Vault third).Name | Should -Be 'of-third'
        (Get-SyncItem -VaultName THIRD).Name | Should -Be 'of-third'
        (Get-SyncItem -Vault (Get-TestPath 'vaults/third')).Name | Should -Be 'of-third'
        (Get-SyncItem -Vault (Get-SyncVault third)).Name | Should -Be 'of-third'
        Push-Location (Get-TestPath 'vaults')
        try { (Get-SyncItem -Vault ./third).Name | Should -Be 'of-third' } finally { Pop-Location }
    }

    It 'is an error with the known names when nothing says it' {
        Get-ErrorId { Get-SyncItem -Vault nowhere } | Should -Be 'VaultUnknown'
        { Get-SyncItem -Vault nowhere } | Should -Throw '*first, second, third*'
        $saved = $env:SYNCMODULE_HOME
        $env:SYNCMODULE_HOME = Get-TestPath 'empty'
        try { Get-ErrorId { Get-SyncItem } | Should -Be 'VaultNotSpecified' } finally { $env:SYNCMODULE_HOME = $saved }
        Unregister-SyncVault first
        try { { Get-SyncItem } | Should -Throw '*second, third*' } finally { Register-SyncVault first (Get-TestPath 'vaults/first') -KeyFile (Get-TestPath 'first.key') -Default }
    }
}

Describe 'locks' {
    BeforeAll {
        . (Join-Path $PSScriptRoot 'Common.ps1')
        Initialize-TestHome
        $null = New-SyncVault safe -Path (Get-TestPath 'vaults/safe') -KeyFile (Get-TestPath 'safe.key') -Passphrase (ConvertTo-Secure 'correct horse')
        Set-SyncVault safe -KeyFile ''
        Set-SyncItem a 1 -Vault safe
    }

    AfterAll { Close-TestHome }

    BeforeEach { Lock-SyncVault safe -Force }

    AfterEach { $env:SYNCMODULE_KEYFILE = $env:SYNCMODULE_PASSPHRASE = $null }

    It 'opens by passphrase, stays open for all, and locks again' {
        (Get-SyncVault safe).State | Should -Be 'Locked'
        $vault = Unlock-SyncVault safe -Passphrase (ConvertTo-Secure 'correct horse') -PassThru
        $vault.State | Should -Be 'Unlocked'
        (Get-SyncItem -Vault safe).Name | Should -Be 'a'
        Start-ThreadJob { (Get-SyncItem -Vault safe).Name } | Receive-Job -Wait -AutoRemoveJob | Should -Be 'a'
        (Lock-SyncVault safe -PassThru).State | Should -Be 'Locked'
        Get-ErrorId { Get-SyncItem -Vault safe -ErrorAction Stop } | Should -Be 'VaultLocked'
    }

    It 'opens by -KeyFile, -Credential and the variables' {
        (Get-SyncItem -Vault safe -KeyFile (Get-TestPath 'safe.key')).Name | Should -Be 'a'
        Lock-SyncVault safe
        (Get-SyncItem -Vault safe -Credential ([pscredential]::new('me', (ConvertTo-Secure 'correct horse')))).Name | Should -Be 'a'
        Lock-SyncVault safe
        $env:SYNCMODULE_KEYFILE = Get-TestPath 'safe.key'
        (Get-SyncItem -Vault safe).Name | Should -Be 'a'
        Lock-SyncVault safe
        $env:SYNCMODULE_KEYFILE = $null
        $env:SYNCMODULE_PASSPHRASE = 'correct horse'
        (Get-SyncItem -Vault safe).Name | Should -Be 'a'
    }

    It 'is not opened by what does not fit, and tries nothing else' {
        Get-ErrorId { Unlock-SyncVault safe -Passphrase (ConvertTo-Secure 'wrong') } | Should -Be 'WrongPassphrase'
        $env:SYNCMODULE_KEYFILE = Get-TestPath 'safe.key'
        $null = Add-TestVault other
        Get-ErrorId { Unlock-SyncVault safe -KeyFile (Get-TestPath 'other.key') } | Should -Be 'WrongKeyFile'
        Get-ErrorId { Unlock-SyncVault safe -KeyFile (Get-TestPath 'nowhere.key') } | Should -Be 'FileNotFound'
        Set-Content (Get-TestPath 'bad.key') 'not a key'
        if (-not $IsWindows) {
            Get-ErrorId { Unlock-SyncVault safe -KeyFile (Get-TestPath 'bad.key') } | Should -Be 'KeyFileExposed'
            chmod 600 (Get-TestPath 'bad.key')
        }
        Get-ErrorId { Unlock-SyncVault safe -KeyFile (Get-TestPath 'bad.key') } | Should -Be 'KeyFileInvalid'
        (Get-SyncVault safe).State | Should -Be 'Locked'
    }

    It 'stays open no longer than asked for' {
        Unlock-SyncVault safe -KeyFile (Get-TestPath 'safe.key') -Timeout 0:00:01
        (Get-SyncVault safe).State | Should -Be 'Unlocked'
        Wait-Until { (Get-SyncVault safe).State -eq 'Locked' } 'a lock by itself' | Should -BeTrue
        Get-ErrorId { Unlock-SyncVault safe -KeyFile (Get-TestPath 'safe.key') -Timeout 0 } | Should -Be 'UsageWrong'
    }

    It 'takes vaults from the pipeline' {
        $null = Get-SyncVault safe | Unlock-SyncVault -KeyFile (Get-TestPath 'safe.key')
        (Get-SyncVault safe).State | Should -Be 'Unlocked'
        'safe' | Lock-SyncVault
        (Get-SyncVault safe).State | Should -Be 'Locked'
    }
}

Describe 'damage' {
    BeforeAll {
        . (Join-Path $PSScriptRoot 'Common.ps1')
        Initialize-TestHome
        $pair = Add-TestPair
        $random = [byte[]]::new(300000)
        [Random]::new(1).NextBytes($random)
        Set-SyncItem big $random -Vault laptop
        $null = Start-VaultSync -Vault laptop
    }

    AfterAll { Close-TestHome }

    It 'finds none where none is' {
        $report = Test-SyncVault laptop
        $report | Should -BeOfType ([SyncModule.SyncVaultReport])
        $report.Healthy, $report.Damaged.Count | Should -Be @($true, 0)
        Test-SyncVault -Vault laptop -Quiet -ReadData | Should -BeTrue
        Get-SyncVault | Test-SyncVault -Quiet | Should -Be @($true, $true)
    }

    It 'is found by reading everything, and healed from a peer' {
        Lock-SyncVault laptop -Force
        $pack = Get-ChildItem (Get-TestPath 'vaults/laptop/packs') -Recurse -File -Filter *.pack | Sort-Object Length | Select-Object -Last 1
        $bytes = [IO.File]::ReadAllBytes($pack.FullName)
        $middle = [int] ($bytes.Length / 2)
        $bytes[$middle] = $bytes[$middle] -bxor 0x55
        [IO.File]::WriteAllBytes($pack.FullName, $bytes)
        $report = Test-SyncVault laptop -ReadData
        $report.Healthy | Should -BeFalse
        $report.Damaged.Count | Should -BeGreaterThan 0
        Test-SyncVault laptop -ReadData -Quiet | Should -BeFalse
        $healed = Repair-SyncVault laptop -From desk
        $healed.Repaired | Should -BeGreaterThan 0
        $healed.Healthy | Should -BeTrue
        (Test-SyncVault laptop -ReadData).Healthy | Should -BeTrue
        (Get-SyncValue big -Vault laptop) -join ',' | Should -Be ($random -join ',')
    }

    It 'takes a lost local.db for what it is, and only a repair begins a new one' {
        Lock-SyncVault laptop -Force
        Get-ChildItem (Get-TestPath 'vaults/laptop') -Filter local.db* | Remove-Item
        Get-ErrorId { Get-SyncItem -Vault laptop } | Should -Be 'LocalStateDamaged'
        $healed = Repair-SyncVault laptop
        $healed.Healthy, $healed.Repaired | Should -Be @($true, 1)
        $healed.Damaged[0] | Should -BeLike 'local.db:*peers*'
        (Get-SyncValue big -Vault laptop) -join ',' | Should -Be ($random -join ',')
        (Test-SyncVault laptop -ReadData).Healthy | Should -BeTrue
    }

    It 'says when the peer to repair from cannot be reached' {
        Get-ErrorId { Repair-SyncVault laptop -From 127.0.0.1:1 } | Should -Be 'PeerUnreachable'
        Get-ErrorId { Repair-SyncVault laptop -From nobody! } | Should -Be 'PeerUnknown'
    }
}
