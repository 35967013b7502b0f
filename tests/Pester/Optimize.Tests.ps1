Describe 'making a vault smaller' {
    BeforeAll {
        . (Join-Path $PSScriptRoot 'Common.ps1')
        Initialize-TestHome
        $pair = Add-TestPair
        1..4 | ForEach-Object {
            Set-SyncItem note "version $_" -Vault laptop
            $bytes = [byte[]]::new(60000)
            [Random]::new($_).NextBytes($bytes)
            Set-SyncItem large $bytes -Vault laptop
        }
        Set-SyncItem gone 1 -Vault laptop
        Remove-SyncItem gone -Vault laptop
        $null = Start-VaultSync desk -Vault laptop
        $null = Start-VaultSync desk -Vault laptop
    }

    AfterAll { Close-TestHome }

    It 'is shown before it is done, and nothing is written' {
        $before = Get-Digest laptop
        $log = (Get-ChildItem (Get-TestPath 'vaults/laptop/log') -Filter *.log | Get-FileHash).Hash
        $plan = Optimize-SyncVault laptop -DropHistory -WhatIf -WarningVariable warned
        $plan | Should -BeOfType ([SyncModule.SyncOptimization])
        $plan.Vault, $plan.WhatIf, $plan.Deletions, $plan.Freed, $plan.Blocked | Should -Be @('laptop', $true, 1, 0, $null)
        $plan.Versions | Should -BeGreaterOrEqual 3
        $plan.VersionBytes | Should -BeGreaterThan 0
        $plan.WaitingFor | Should -BeNullOrEmpty
        $warned | Should -BeNullOrEmpty
        $plan.Devices.Name | Should -Be @('laptop', 'desk')
        $plan.Devices[0].IsThisDevice, $plan.Devices[1].Lacks, $plan.Devices[1].Retired | Should -Be @($true, 0, $false)
        $plan.Devices[1].Acknowledged | Should -Not -BeNullOrEmpty
        (Optimize-SyncVault laptop -WhatIf).Versions | Should -Be 0
        Get-Digest laptop | Should -Be $before
        (Get-ChildItem (Get-TestPath 'vaults/laptop/log') -Filter *.log | Get-FileHash).Hash | Should -Be $log
    }

    It 'says in words what would go' {
        $result = Invoke-Pwsh { Optimize-SyncVault laptop -DropHistory -WhatIf | Out-Null }
        $result.Lines -join ' ' | Should -Match 'What if: .*Forget 1 deletion that every device has and take \d+ commits of replaced versions \(.*off this disk.* on target .*vault laptop'
    }

    It 'is refused while a sync of this PowerShell runs, and done beside an open idle vault' {
        $job = Start-VaultSync desk -Vault laptop -Follow -AsJob
        $log = (Get-ChildItem (Get-TestPath 'vaults/laptop/log') -Filter *.log | Get-FileHash).Hash
        Get-ErrorId { Optimize-SyncVault laptop } | Should -Be 'VaultBusy'
        (Optimize-SyncVault laptop -WhatIf).WhatIf | Should -BeTrue
        $failed = $null
        Optimize-SyncVault laptop -ErrorVariable failed -ErrorAction SilentlyContinue
        $failed[0].Exception.Message | Should -Match 'a job syncs it.*Stop-Job'
        (Get-ChildItem (Get-TestPath 'vaults/laptop/log') -Filter *.log | Get-FileHash).Hash | Should -Be $log
        Stop-Job $job
        Remove-Job $job
        (Get-SyncVault laptop).State | Should -Be 'Unlocked'
        $result = Get-SyncVault laptop | Optimize-SyncVault
        $result.WhatIf, $result.Deletions, $result.Versions | Should -Be @($false, 1, 0)
        (Get-SyncHistory note -Vault laptop).Count | Should -Be 4
    }

    It 'is refused while another process has the vault open' {
        Get-ErrorId { Optimize-SyncVault desk } | Should -Be 'VaultBusy'
    }

    It 'drops old versions only when somebody says yes, or -Force is given' {
        (Invoke-Pwsh { Optimize-SyncVault laptop -DropHistory | ForEach-Object { 'it was done' } }).Lines | Should -Not -Contain 'it was done'
        (Get-SyncHistory note -Vault laptop).Count | Should -Be 4
        $null = Start-VaultSync desk -Vault laptop
        $null = Start-VaultSync desk -Vault laptop
        $result = Optimize-SyncVault laptop -DropHistory -Force
        $result.Versions | Should -BeGreaterOrEqual 3
        $result.Freed | Should -BeGreaterThan 0
        Get-SyncValue note -Vault laptop -AsPlainText | Should -Be 'version 4'
        @(Get-SyncHistory note -Vault laptop).Count | Should -BeLessThan 4
        (Test-SyncVault laptop -ReadData).Healthy | Should -BeTrue
        $null = Start-VaultSync desk -Vault laptop
        Get-Digest laptop | Should -Be (Get-Digest desk)
    }

    It 'is no part of a transaction' {
        Get-ErrorId { Invoke-SyncTransaction -Vault laptop { Optimize-SyncVault laptop } } | Should -Be 'NotInTransaction'
    }

    It 'is a table of at most 80 columns' {
        $lines = @((Optimize-SyncVault laptop -WhatIf | Out-String -Width 80), ((Optimize-SyncVault laptop -WhatIf).Devices | Out-String -Width 80)) -split '\r?\n'
        $lines | Where-Object { $_.Length -gt 80 } | Should -BeNullOrEmpty
        $lines | Where-Object { $_ -match '^laptop +True +\d+ +0 +\d+ +[\d,.]+ nobody$' } | Should -Not -BeNullOrEmpty
        $lines | Where-Object { $_ -match '^laptop +this device ' } | Should -Not -BeNullOrEmpty
        $lines | Where-Object { $_ -match '^desk +\d{4}-\d\d-\d\d \d\d:\d\d ' } | Should -Not -BeNullOrEmpty
    }
}

Describe 'devices that nobody waits for' {
    BeforeAll {
        . (Join-Path $PSScriptRoot 'Common.ps1')
        Initialize-TestHome
        $null = Add-TestPair
    }

    AfterAll { Close-TestHome }

    It 'are still members, and the command says so' {
        Set-SyncItem gone 1 -Vault laptop
        Remove-SyncItem gone -Vault laptop
        (Optimize-SyncVault laptop -WhatIf).Deletions | Should -Be 0
        Disable-SyncPeer desk -Vault laptop -WhatIf
        (Optimize-SyncVault laptop -WhatIf).Devices.Retired | Should -Not -Contain $true
        $device = Get-SyncPeer desk -Vault laptop | Disable-SyncPeer -PassThru -WarningVariable warned -WarningAction SilentlyContinue
        $device | Should -BeOfType ([SyncModule.SyncDevice])
        $device.Name, $device.Retired, $device.Vault | Should -Be @('desk', $true, 'laptop')
        $warned | Should -Match 'desk is still a member of vault laptop'
        (Get-SyncPeer desk -Vault laptop).Role | Should -Be 'Member'
        (Optimize-SyncVault laptop).Deletions | Should -Be 1
    }

    It 'are waited for again when they were heard, and agree' {
        $null = Start-VaultSync desk -Vault laptop
        $null = Start-VaultSync desk -Vault laptop
        (Optimize-SyncVault laptop -WhatIf).Devices.Retired | Should -Not -Contain $true
        Get-Digest laptop | Should -Be (Get-Digest desk)
    }

    It 'are found by pattern and by id, and this device is none' {
        (Disable-SyncPeer d* -Vault laptop -PassThru -WhatIf) | Should -BeNullOrEmpty
        $id = (Get-SyncPeer desk -Vault laptop).DeviceId.Substring(0, 12)
        (Disable-SyncPeer $id -Vault laptop -PassThru -WarningAction Ignore).Name | Should -Be 'desk'
        Get-ErrorId { Disable-SyncPeer laptop -Vault laptop } | Should -Be 'UsageWrong'
        Get-ErrorId { Disable-SyncPeer nobody -Vault laptop } | Should -Be 'NotAMember'
        Disable-SyncPeer nobody* -Vault laptop
    }
}
