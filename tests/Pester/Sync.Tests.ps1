Describe 'a round' {
    BeforeAll {
        . (Join-Path $PSScriptRoot 'Common.ps1')
        Initialize-TestHome
        $pair = Add-TestPair
    }

    AfterAll { Close-TestHome }

    It 'sends and receives, and ends with one summary' {
        Set-SyncItem to-desk 'x' -Vault laptop
        Set-SyncItem to-laptop 'y' -Vault desk
        $summary = Start-VaultSync -Vault laptop
        @($summary).Count | Should -Be 1
        $summary | Should -BeOfType ([SyncModule.SyncSummary])
        $summary.Kind, $summary.Outcome, $summary.ExitCode, $summary.Sent, $summary.Received, $summary.Vault | Should -Be @('Summary', 'Synced', 0, 1, 1, 'laptop')
        $summary.Peers.Peer | Should -Be 'desk'
        (Start-VaultSync -Vault laptop).Outcome | Should -Be 'UpToDate'
        Get-Digest laptop | Should -Be (Get-Digest desk)
    }

    It 'goes in one direction when told' {
        Set-SyncItem push 1 -Vault laptop
        Set-SyncItem pull 1 -Vault desk
        $null = Start-VaultSync -Vault laptop -Push
        Get-SyncItem push -Vault desk | Should -Not -BeNullOrEmpty
        Get-SyncItem pull* -Vault laptop | Should -BeNullOrEmpty
        $null = Start-VaultSync -Vault laptop -Pull
        Get-SyncItem pull -Vault laptop | Should -Not -BeNullOrEmpty
    }

    It 'takes peers and vaults from the pipeline, and a name in any case' {
        (Get-SyncPeer -Vault laptop | Start-VaultSync).Peers.Peer | Should -Be 'desk'
        (Get-SyncVault laptop | Start-VaultSync).Peers.Peer | Should -Be 'desk'
        (Get-SyncStatus -Vault laptop | Start-VaultSync).Peers.Peer | Should -Be 'desk'
        (Start-VaultSync DESK -Vault laptop).Outcome | Should -Be 'UpToDate'
        (Start-VaultSync $pair.Address -Vault laptop).Outcome | Should -Be 'UpToDate'
    }

    It 'is filtered under the strictest mode, by rule, by type and by kind' {
        Invoke-Conflict strict
        $records = & {
            Set-StrictMode -Version Latest
            Start-VaultSync desk -Vault laptop | Where-Object Kind -EQ Merge
        }
        $records.Key | Should -Be 'strict'
        Invoke-Conflict simple
        (Start-VaultSync desk -Vault laptop | Where-Object Rule -EQ LastWriterWins).Key | Should -Be 'simple'
        Invoke-Conflict typed
        (Start-VaultSync desk -Vault laptop | Where-Object { $_ -is [SyncModule.SyncMerge] }).Key | Should -Be 'typed'
    }

    It 'shows each peer''s lack and changes nothing with -WhatIf' {
        Set-SyncItem whatif 1 -Vault laptop
        Start-VaultSync -Vault laptop -WhatIf | Should -BeNullOrEmpty
        Get-SyncItem whatif* -Vault desk | Should -BeNullOrEmpty
        Start-VaultSync -Vault laptop -Follow -AsJob -WhatIf | Should -BeNullOrEmpty
        $null = Start-VaultSync -Vault laptop
    }

    It 'is offline, not failed, when nobody answers: an error for each peer, a summary and its exit code' {
        $summary = Start-VaultSync 127.0.0.1:1 -Vault laptop -ErrorVariable failed -ErrorAction SilentlyContinue
        $summary.Outcome, $summary.ExitCode | Should -Be @('Offline', 3)
        $failed[0].FullyQualifiedErrorId | Should -Match '^PeerUnreachable,'
        $failed[0].TargetObject | Should -Be '127.0.0.1:1'
        $partial = Start-VaultSync 127.0.0.1:1, desk -Vault laptop -ErrorAction SilentlyContinue
        $partial.Outcome, $partial.ExitCode | Should -Be @('Partial', 0)
        Get-ErrorId { Start-VaultSync nobody! -Vault laptop } | Should -Be 'PeerUnknown'
        $null = Add-TestVault alone
        Get-ErrorId { Start-VaultSync -Vault alone } | Should -Be 'PeerUnknown'
        $stranger = Start-VaultSync $pair.Address -Vault alone -ErrorVariable failed -ErrorAction SilentlyContinue
        $stranger.ExitCode | Should -Be 1
        $failed[0].FullyQualifiedErrorId | Should -Match '^HandshakeRefused,'
    }

    It 'shows progress for each peer below one bar, and takes all bars away' {
        $random = [byte[]]::new(4MB)
        [Random]::new(3).NextBytes($random)
        Set-SyncItem random $random -Vault laptop
        $shell = [powershell]::Create([Management.Automation.RunspaceMode]::NewRunspace)
        try {
            $null = $shell.AddScript("Import-Module '$ModuleFolder'; Start-VaultSync desk -Vault laptop").Invoke()
            $shell.HadErrors | Should -BeFalse
            $records = @($shell.Streams.Progress)
        }
        finally { $shell.Dispose() }
        $parents = @($records | Where-Object ParentActivityId -LT 0)
        $children = @($records | Where-Object ParentActivityId -GE 0)
        $children[0].Activity | Should -Be 'desk'
        $children[0].ParentActivityId | Should -Be $parents[0].ActivityId
        foreach ($bar in $records | Group-Object ActivityId) { $bar.Group[-1].RecordType | Should -Be 'Completed' }
    }
}

Describe 'following' {
    BeforeAll {
        . (Join-Path $PSScriptRoot 'Common.ps1')
        Initialize-TestHome
        $pair = Add-TestPair
    }

    AfterAll { Close-TestHome }

    It 'ends after -TimeoutSec with a summary' {
        $records = Start-VaultSync -Vault laptop -Follow -TimeoutSec 2
        $records.Kind | Should -Contain 'Connected'
        $records.Kind | Should -Contain 'UpToDate'
        @($records | Where-Object Kind -EQ Summary).Count | Should -Be 1
        $records[-1].Outcome, $records[-1].ExitCode | Should -Be @('Synced', 0)
        $offline = Start-VaultSync 127.0.0.1:1 -Vault laptop -Follow -TimeoutSec 1 -ErrorVariable failed -ErrorAction SilentlyContinue | Select-Object -Last 1
        $offline.Outcome, $offline.ExitCode | Should -Be @('Offline', 3)
        $failed[0].FullyQualifiedErrorId | Should -Match '^PeerUnreachable,'
    }

    It 'gives the prompt back to Select-Object -First, without a bar and with nothing running behind, and the next round goes on' {
        $random = [byte[]]::new(8MB)
        [Random]::new(4).NextBytes($random)
        Set-SyncItem large $random -Vault laptop
        $shell = [powershell]::Create([Management.Automation.RunspaceMode]::NewRunspace)
        try {
            $first = $shell.AddScript("Import-Module '$ModuleFolder'; Start-VaultSync desk -Vault laptop -Follow | Select-Object -First 1").Invoke()
            $shell.HadErrors | Should -BeFalse
            $bars = @($shell.Streams.Progress) | Group-Object ActivityId
        }
        finally { $shell.Dispose() }
        $first.Kind | Should -Be 'Connected'
        foreach ($bar in $bars) { $bar.Group[-1].RecordType | Should -Be 'Completed' }
        # Nothing holds the vault any more: locking asks no question.
        Lock-SyncVault laptop
        (Get-SyncVault laptop).State | Should -Be 'Locked'
        (Start-VaultSync desk -Vault laptop).Outcome | Should -BeIn 'Synced', 'UpToDate'
        Get-Digest laptop | Should -Be (Get-Digest desk)
        (Get-SyncItem large -Vault desk).Here | Should -BeTrue
    }

    It 'ends the same way when what is behind it throws' {
        { Start-VaultSync desk -Vault laptop -Follow | ForEach-Object { throw 'enough' } } | Should -Throw 'enough'
        while ($true) { Start-VaultSync desk -Vault laptop -Follow | ForEach-Object { break } }
        Lock-SyncVault laptop
        (Get-SyncVault laptop).State | Should -Be 'Locked'
    }

    It 'ends with a summary when its vault is locked' {
        $locking = Start-ThreadJob { Start-Sleep -Milliseconds 500; Lock-SyncVault laptop -Force }
        $records = Start-VaultSync desk -Vault laptop -Follow -TimeoutSec 60
        $records[-1].Kind | Should -Be 'Summary'
        $records[-1].Seconds | Should -BeLessThan 60
        Receive-Job $locking -Wait -AutoRemoveJob
    }

    It 'A05, reduced: brings what either side writes to the other, while it lasts' {
        $job = Start-VaultSync desk -Vault laptop -Follow -AsJob
        $null = Wait-Until { $job.ChildJobs[0].StatusMessage -eq 'in sync' } 'a connection'
        foreach ($round in 1..5) {
            $null = Invoke-Mirord 'put' desk @("from-desk-$round", '--value', 'x')
            Set-SyncItem "from-laptop-$round" 'y' -Vault laptop
            Wait-VaultSync desk -Vault laptop -TimeoutSec 60 | Should -BeTrue
            Wait-Until { Get-SyncItem "from-desk-$round*" -Vault laptop } 'what desk wrote' | Should -Not -BeNullOrEmpty
            Get-SyncItem "from-laptop-$round" -Vault desk | Should -Not -BeNullOrEmpty
        }
        $status = Get-SyncStatus -Vault laptop
        $status.State, $status.Ahead | Should -Be @('InSync', 0)
        Stop-Job $job
        $job.State | Should -Be 'Stopped'
        Get-Digest laptop | Should -Be (Get-Digest desk)
        Remove-Job $job
    }

    It 'lets others connect with -Listen, and says where' {
        $listening = Start-VaultSync -Vault desk -Follow -AsJob -Listen 127.0.0.1:0
        $open = Wait-Until { Receive-Job $listening -Keep | Where-Object Kind -EQ Listening } 'an address'
        $open.Message | Should -Match '^127\.0\.0\.1:\d+$'
        $listening.ChildJobs[0].StatusMessage | Should -Match '^listening on 127'
        Set-SyncItem listened 1 -Vault laptop
        (Start-VaultSync $open.Message -Vault laptop).Outcome | Should -Be 'Synced'
        (Get-SyncItem listened -Vault desk).Name | Should -Be 'listened'
        $records = Wait-Until { $all = Receive-Job $listening -Keep; if ($all.Kind -contains 'Disconnected') { $all } } 'the end of the session'
        ($records | Where-Object Kind -EQ Connected)[0].Peer | Should -Be 'laptop'
        ($records | Where-Object Kind -EQ Received | Measure-Object Count -Sum).Sum | Should -Be 1
        Stop-Job $listening
        Remove-Job $listening
        $alone = Start-VaultSync -Vault desk -Follow -Listen 127.0.0.1:0 -TimeoutSec 1
        $alone.Kind | Should -Be @('Listening', 'Summary')
        $alone[-1].ExitCode | Should -Be 0
        Get-ErrorId { Start-VaultSync -Vault desk -Follow -Listen 203.0.113.1:1 -TimeoutSec 5 } | Should -Be 'AddressUnavailable'
        Get-ErrorId { Start-VaultSync -Vault desk -AsJob -Listen 127.0.0.1:0 } | Should -Be 'UsageWrong'
    }

    It 'is waited for in vain when nobody syncs' {
        Set-SyncItem unsent 1 -Vault laptop
        Get-ErrorId { Wait-VaultSync desk -Vault laptop -TimeoutSec 1 } | Should -Be 'WaitTimeout'
        Get-ErrorId { Wait-VaultSync nobody -Vault laptop -TimeoutSec 1 } | Should -Be 'PeerUnknown'
        $null = Start-VaultSync -Vault laptop
        Wait-VaultSync -Vault laptop -TimeoutSec 1 | Should -BeTrue
        Wait-VaultSync LAPTOP -Vault desk -TimeoutSec 30 | Should -BeTrue -Because 'desk has no address of laptop, but knows what it acknowledged'
        'desk' | Wait-VaultSync -Vault laptop | Should -BeTrue
    }
}
