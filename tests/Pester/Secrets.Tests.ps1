# Through the real SecretManagement, which calls the extension in a runspace of its own.
Describe 'SecretManagement' {
    BeforeAll {
        . (Join-Path $PSScriptRoot 'Common.ps1')
        Initialize-TestHome
        $present = Get-Module -ListAvailable Microsoft.PowerShell.SecretManagement
        if ($present) {
            $pair = Add-TestPair
            # Its registry lies below HOME, which is the test's.
            Import-Module Microsoft.PowerShell.SecretManagement
            Register-SecretVault -Name desk -ModuleName (Join-Path $ModuleFolder 'SyncModule.psd1') -VaultParameters @{ Vault = 'desk' } -DefaultVault
            Register-SecretVault -Name machine -ModuleName (Join-Path $ModuleFolder 'SyncModule.psd1') -VaultParameters @{ Vault = (Get-TestPath 'vaults/laptop'); KeyFile = (Get-TestPath 'laptop.key') }
        }
        function Test-Present { if (-not $present) { Set-ItResult -Skipped -Because 'SecretManagement is not installed' }; [bool] $present }
    }

    AfterAll {
        if ($present) { Get-SecretVault -Name desk, machine, locked -ErrorAction Ignore | Unregister-SecretVault -ErrorAction Ignore }
        Close-TestHome
    }

    It 'is registered, tests well, and shows none of the extension''s commands to the user' {
        if (-not (Test-Present)) { return }
        Test-SecretVault -Name desk | Should -BeTrue
        (Get-SecretVault desk).ModuleName | Should -Be 'SyncModule'
        (Get-Command Get-Secret).Source | Should -Be 'Microsoft.PowerShell.SecretManagement'
        Get-Command -Module SyncModule -Name *Secret* | Should -BeNullOrEmpty
    }

    It 'keeps all five types' {
        if (-not (Test-Present)) { return }
        $credential = [pscredential]::new('user', (ConvertTo-Secure 'of credential'))
        Set-Secret text 'plain text'
        Set-Secret secure (ConvertTo-Secure 'of secure')
        Set-Secret credential $credential
        Set-Secret bytes ([byte[]] (0, 1, 255))
        Set-Secret table @{ name = 'n'; inner = @{ number = 7; credential = $credential }; secure = (ConvertTo-Secure 'deep') }
        Get-Secret text | Should -BeOfType ([securestring])
        Get-Secret text -AsPlainText | Should -Be 'plain text'
        ConvertFrom-Secure (Get-Secret secure) | Should -Be 'of secure'
        $read = Get-Secret credential
        $read.UserName, $read.GetNetworkCredential().Password | Should -Be @('user', 'of credential')
        (Get-Secret bytes) -join ' ' | Should -Be '0 1 255'
        $table = Get-Secret table
        $table | Should -BeOfType ([hashtable])
        $table.inner.number, $table.inner.credential.GetNetworkCredential().Password | Should -Be @(7, 'of credential')
        ConvertFrom-Secure $table.secure | Should -Be 'deep'
        $info = Get-SecretInfo
        ($info | Sort-Object Name | ForEach-Object { "$($_.Name) $($_.Type)" }) | Should -Be @('bytes ByteArray', 'credential PSCredential', 'secure SecureString', 'table Hashtable', 'text String')
        (Get-SyncItem -Vault desk).Name | Should -Be @('bytes', 'credential', 'secure', 'table', 'text')
    }

    It 'keeps metadata, changes them alone, and filters' {
        if (-not (Test-Present)) { return }
        Set-Secret db/prod 'x' -Metadata @{ owner = 'me'; tries = 3 }
        Set-Secret db/test 'y'
        (Get-SecretInfo db/* | Sort-Object Name).Name | Should -Be @('db/prod', 'db/test')
        (Get-SecretInfo db/prod).Metadata.owner, (Get-SecretInfo db/prod).Metadata.tries | Should -Be @('me', 3)
        Set-SecretInfo db/prod -Metadata @{ owner = 'you' }
        (Get-SecretInfo db/prod).Metadata.owner | Should -Be 'you'
        Get-Secret db/prod -AsPlainText | Should -Be 'x'
        Get-SecretInfo nothing* | Should -BeNullOrEmpty
        (Get-SecretInfo DB/PROD).Name | Should -BeExactly 'db/prod'
    }

    It 'says what is not there, removes, and refuses to overwrite with -NoClobber' {
        if (-not (Test-Present)) { return }
        Get-ErrorId { Get-Secret none -Vault desk } | Should -Match 'NotFound'
        Set-Secret gone 'z'
        { Set-Secret gone 'other' -NoClobber -ErrorAction Stop } | Should -Throw
        Get-Secret gone -AsPlainText | Should -Be 'z'
        Remove-Secret gone -Vault desk
        Get-SecretInfo gone | Should -BeNullOrEmpty
        (Get-SyncHistory gone -Vault desk).Count | Should -Be 2
    }

    It 'shows the other machine''s secrets after a sync' {
        if (-not (Test-Present)) { return }
        Set-Secret shared (ConvertTo-Secure 'from desk') -Vault desk
        Set-Secret back @{ a = 1 } -Vault machine
        Get-SecretInfo shared -Vault machine | Should -BeNullOrEmpty
        $null = Start-VaultSync -Vault laptop
        ConvertFrom-Secure (Get-Secret shared -Vault machine) | Should -Be 'from desk'
        (Get-Secret back -Vault desk).a | Should -Be 1
        (Get-SecretInfo -Vault desk).Name | Should -Be (Get-SecretInfo -Vault machine).Name
    }

    It 'says how to unlock when it is locked, and is unlocked with the passphrase, where nobody can be asked' {
        if (-not (Test-Present)) { return }
        $null = New-SyncVault locked -Path (Get-TestPath 'vaults/locked') -Passphrase (ConvertTo-Secure 'pass') -Device d
        Set-SyncItem inside 1 -Vault locked
        Lock-SyncVault locked -Force
        $result = Invoke-Pwsh {
            Import-Module Microsoft.PowerShell.SecretManagement
            Register-SecretVault -Name locked -ModuleName $args[0] -VaultParameters @{ Vault = 'locked' }
            try { Get-Secret inside -Vault locked -ErrorAction Stop } catch { $_.FullyQualifiedErrorId; $_.Exception.Message }
            "test $(Test-SecretVault locked -ErrorAction SilentlyContinue)"
            $secure = [securestring]::new()
            'pass'.ToCharArray() | ForEach-Object { $secure.AppendChar($_) }
            Unlock-SecretVault locked -Password $secure
            "test $(Test-SecretVault locked)"
            (Get-SecretInfo inside -Vault locked).Name
            Unregister-SecretVault locked
        } (Join-Path $ModuleFolder 'SyncModule.psd1')
        $text = $result.Output + $result.Error
        $text | Should -Match 'VaultLocked'
        $text | Should -Match 'Unlock-SyncVault' -Because 'SecretManagement drops recommendations; the message has to carry the next step'
        $result.Lines | Should -Contain 'test False'
        $result.Lines[-2..-1] | Should -Be @('test True', 'inside')
    }

    It 'reads in another process of another home what was written here' {
        if (-not (Test-Present)) { return }
        Set-Secret travels ([pscredential]::new('who', (ConvertTo-Secure 'far'))) -Vault desk
        $elsewhere = (New-Item -ItemType Directory (Get-TestPath 'elsewhere')).FullName
        $result = Invoke-Pwsh {
            Import-Module Microsoft.PowerShell.SecretManagement
            Register-SecretVault -Name far -ModuleName $args[0] -VaultParameters @{ Vault = $args[1]; KeyFile = $args[2] }
            $read = Get-Secret travels -Vault far
            "$($read.UserName) $($read.GetNetworkCredential().Password)"
            Unregister-SecretVault far
        } @((Join-Path $ModuleFolder 'SyncModule.psd1'), (Get-TestPath 'vaults/desk'), (Get-TestPath 'desk.key')) @{ HOME = $elsewhere; SYNCMODULE_HOME = (Join-Path $elsewhere 'sync') }
        $result.Error | Should -BeNullOrEmpty
        $result.Lines | Should -Be 'who far'
    }

    It 'loses none without saying so when many are set at once' {
        if (-not (Test-Present)) { return }
        $manifest = Join-Path $ModuleFolder 'SyncModule.psd1'
        $said = 1..40 | ForEach-Object -Parallel {
            Import-Module Microsoft.PowerShell.SecretManagement
            try { Set-Secret "many/$_" "value $_" -Vault desk -ErrorAction Stop; "ok $_" } catch { "error $_" }
        } -ThrottleLimit 8
        $said.Count | Should -Be 40
        foreach ($number in $said -match '^ok' -replace '^ok ') { Get-Secret "many/$number" -Vault desk -AsPlainText | Should -Be "value $number" }
    }
}
