Describe 'schedules' {
    BeforeAll {
        . (Join-Path $PSScriptRoot 'Common.ps1')
        Initialize-TestHome
        $null = Add-TestVault home
    }

    AfterAll { Close-TestHome }

    It 'shows what it would write, and writes nothing' {
        $text = @(Register-SyncSchedule -Every 00:15 -Peer nas -WhatIf 6>&1) -join "`n"
        $text | Should -Match '900'
        $text | Should -Match ([regex]::Escape("Start-VaultSync -Peer 'nas' -Vault '$((Get-SyncVault home).Path)' -KeyFile '$(Get-TestPath 'home.key')' -ErrorAction Continue | Select-Object -Last 1"))
        $text | Should -Match 'exit \(\$summary \? \$summary.ExitCode : 1\)'
        Get-SyncSchedule | Should -BeNullOrEmpty
        Test-Path (Get-TestPath 'home/schedules') | Should -BeFalse
        Get-ChildItem $env:HOME -Recurse -Force -File | Should -BeNullOrEmpty
    }

    It 'has a script whose exit code is that of the sync, and 1 after an error' {
        Add-SyncPeer gone -Address 127.0.0.1:9 -Vault home
        $script = (@(Register-SyncSchedule 00:15 -Vault home -WhatIf 6>&1) -join "`n") -replace '(?s)^.*\n(?=# Made by Register-SyncSchedule for vault)'
        $offline = Invoke-Pwsh ([scriptblock]::Create($script))
        $offline.ExitCode | Should -Be 3
        $offline.Output | Should -Match 'Vault home: Offline, 0 received, 0 sent'
        $offline.Error | Should -Match 'nothing listens there'
        (Invoke-Pwsh ([scriptblock]::Create($script.Replace('home.key', 'gone.key')))).ExitCode | Should -Be 1
    }

    It 'refuses what would fail at night: <Id>' -ForEach @(
        @{ Id = 'ScheduleNeedsKeyFile'; Script = { Set-SyncVault home -KeyFile ''; try { Register-SyncSchedule 00:15 -WhatIf } finally { Set-SyncVault home -KeyFile (Get-TestPath 'home.key') } } }
        @{ Id = 'KeyFileInvalid'; Script = { 'no key' > (Get-TestPath 'no.key'); if (-not $IsWindows) { chmod 600 (Get-TestPath 'no.key') }; Register-SyncSchedule 00:15 -KeyFile (Get-TestPath 'no.key') -WhatIf } }
        @{ Id = 'WrongKeyFile'; Script = { $null = Add-TestVault other; Register-SyncSchedule 00:15 -KeyFile (Get-TestPath 'other.key') -Vault home -WhatIf } }
        @{ Id = 'UsageWrong'; Script = { Register-SyncSchedule 00:00:10 -WhatIf } }
        @{ Id = 'UsageWrong'; Script = { Register-SyncSchedule 15 -WhatIf } }
        @{ Id = 'VaultUnknown'; Script = { Register-SyncSchedule 00:15 -Vault nope -WhatIf } }
        @{ Id = 'ScheduleNotFound'; Script = { Get-SyncSchedule nope } }
        @{ Id = 'ScheduleNotFound'; Script = { Unregister-SyncSchedule nope } }
    ) {
        Get-ErrorId $Script | Should -Be $Id
    }

    It 'says so when a vault has no key file at all, and how it gets one' {
        $null = New-SyncVault words -Path (Get-TestPath 'vaults/words') -Passphrase (ConvertTo-Secure 'x')
        { Register-SyncSchedule 00:15 -Vault words -WhatIf } | Should -Throw '*Only a passphrase opens vault words*Set-SyncVault NAME -NewKeyFile*' -ErrorId 'ScheduleNeedsKeyFile,*'
    }

    It 'finds nothing by a pattern without complaint' {
        Get-SyncSchedule 'x*' | Should -BeNullOrEmpty
        Unregister-SyncSchedule 'x*'
    }

    It 'lets a real systemd sync, and takes it away again' {
        if (-not $IsLinux) { Set-ItResult -Skipped -Because 'this is the test of systemd''s timers'; return }
        Add-TestPair desk laptop | Out-Null
        Set-SyncItem from/laptop 1 -Vault laptop
        $script = {
            $ErrorActionPreference = 'Stop'
            Import-Module SyncModule
            $made = Register-SyncSchedule 00:01 -Vault laptop -WarningAction SilentlyContinue
            "made $($made.Kind) $($made.Name) $($made.Every) $($made.Active) $($null -ne $made.NextRun) [$($made.LastExit)]"
            try { Register-SyncSchedule 00:02 -Vault laptop } catch { $_.FullyQualifiedErrorId }
            "verify $(systemd-analyze --user verify --man=no $made.Path 2>&1) $LASTEXITCODE"
            # The service itself, now; that the timer starts it after a minute is systemd's part.
            systemctl --user start syncmodule-laptop.service
            $found = Get-SyncSchedule lap*
            "ran $($found.LastExit) $($found.Active)"
            Add-SyncPeer desk -Address 127.0.0.1:9 -Vault laptop
            systemctl --user start syncmodule-laptop.service
            "offline $((Get-SyncSchedule).LastExit) $(systemctl --user is-failed syncmodule-laptop.service)"
            (Register-SyncSchedule 00:02 -Vault laptop -Force -WarningAction SilentlyContinue).Every.ToString()
            $paths = $made.Path, $made.Script, ($made.Path -replace 'timer$', 'service')
            "there $(($paths | Where-Object { Test-Path $_ }).Count)"
            "completes $((TabExpansion2 'Get-SyncSchedule sync' 21).CompletionMatches.CompletionText)"
            Get-SyncSchedule | Unregister-SyncSchedule
            "there $(@($paths | Where-Object { Test-Path $_ }).Count) $(@(Get-SyncSchedule).Count) [$(systemctl --user list-timers --all --no-legend)]"
        }
        $file = Get-TestPath 'systemd.ps1'
        [IO.File]::WriteAllText($file, $script.ToString())
        $result = Complete-Process (Open-Process 'bash' @((Join-Path $Repository 'tests/with-systemd.sh'), [Environment]::ProcessPath, '-NoProfile', '-File', $file))
        if ($result.ExitCode -eq 77) { Set-ItResult -Skipped -Because 'no systemd of a user can be had here (it takes root)'; return }
        $result.Error | Should -BeNullOrEmpty
        $result.Lines | Should -Be @(
            'made SystemdTimer syncmodule-laptop 00:01:00 True True []'
            'ScheduleExists,SyncModule.Commands.Schedules.RegisterSyncScheduleCommand'
            'verify  0'
            'ran 0 True'
            'offline 3 inactive'
            '00:02:00'
            'there 3'
            'completes syncmodule-laptop'
            'there 0 0 []'
        )
        (Get-SyncItem from/laptop -Vault desk).Device | Should -Be 'laptop'
    }
}
