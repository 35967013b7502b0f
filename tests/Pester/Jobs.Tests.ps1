Describe 'a sync as a job' {
    BeforeAll {
        . (Join-Path $PSScriptRoot 'Common.ps1')
        Initialize-TestHome
        $pair = Add-TestPair
        function Start-Follow { Start-VaultSync desk -Vault laptop -Follow -AsJob }
        function Wait-InSync([object] $Job) { $null = Wait-Until { $Job.ChildJobs[0].StatusMessage -eq 'in sync' } 'a connection' }
    }

    AfterAll { Close-TestHome }

    AfterEach { Get-Job | Remove-Job -Force }

    It 'is a plain job with a child for each peer' {
        $job = Start-VaultSync desk, 127.0.0.1:1 -Vault laptop -Follow -AsJob
        $job | Should -BeOfType ([SyncModule.Commands.Jobs.SyncJob])
        $job.PSJobTypeName, $job.Name, $job.Location, $job.State | Should -Be @('SyncJob', 'laptop', (Get-TestPath 'vaults/laptop'), 'Running')
        (Get-Job -Id $job.Id).InstanceId | Should -Be $job.InstanceId
        $job.ChildJobs.Name | Should -Be @('desk', '127.0.0.1:1')
        Wait-InSync $job
        $job.StatusMessage | Should -Match '^desk in sync, 127\.0\.0\.1:1 .*; \d+ events$'
        $job.HasMoreData | Should -BeTrue
    }

    It 'gives each record once, and with -Keep again' {
        $job = Start-Follow
        Wait-InSync $job
        Set-SyncItem job/a 1 -Vault desk
        $null = Wait-Until { Get-SyncItem job/a* -Vault laptop } 'the item'
        $null = Wait-Until { (Receive-Job $job -Keep).Kind -contains 'Received' } 'the record of it'
        Stop-Job $job
        $kept = @(Receive-Job $job -Keep)
        @(Receive-Job $job -Keep).Count | Should -Be $kept.Count
        $taken = @(Receive-Job $job)
        $taken.Count | Should -Be $kept.Count
        $taken[0] | Should -BeOfType ([SyncModule.SyncEvent])
        $taken[0].Kind, $taken[0].Vault, $taken[0].Peer | Should -Be @('Connected', 'laptop', 'desk')
        $job.HasMoreData | Should -BeFalse
        Receive-Job $job | Should -BeNullOrEmpty
    }

    It 'is waited for, received while it runs, and ends by its time' {
        $job = Start-VaultSync desk -Vault laptop -Follow -AsJob -TimeoutSec 2
        $records = Receive-Job $job -Wait
        $records.Kind | Should -Contain 'UpToDate'
        $job.State | Should -Be 'Completed'
        $job = Start-VaultSync desk -Vault laptop -AsJob
        (Wait-Job $job -Any).Id | Should -Be $job.Id
        $round = Receive-Job $job
        $round[-1].Kind, $round[-1].Outcome | Should -Be @('Summary', 'UpToDate')
        $removed = Start-VaultSync desk -Vault laptop -AsJob | Receive-Job -Wait -AutoRemoveJob
        $removed[-1].Kind | Should -Be 'Summary'
        Get-Job | Where-Object State -EQ 'Running' | Should -BeNullOrEmpty
    }

    It 'takes merge records while it runs' {
        $job = Start-Follow
        Wait-InSync $job
        Stop-Job $job
        Remove-Job $job
        Invoke-Conflict job/conflict
        $job = Start-Follow
        $merge = Wait-Until { Receive-Job $job -Keep | Where-Object Kind -EQ Merge } 'a merge record'
        $merge.Key, $merge.Rule, $merge.Peer | Should -Be @('job/conflict', 'LastWriterWins', 'desk')
        @(Receive-Job $job -Keep | Where-Object Kind -EQ Merge).Count | Should -Be 1
    }

    It 'is stopped and removed, also by -Force, and lets go of its vault' {
        $job = Start-Follow
        Wait-InSync $job
        Stop-Job $job
        $job.State, $job.ChildJobs[0].State | Should -Be @('Stopped', 'Stopped')
        Stop-Job $job
        Remove-Job $job
        $job = Start-Follow
        Wait-InSync $job
        { Remove-Job $job -ErrorAction Stop } | Should -Throw
        Remove-Job $job -Force
        Get-Job | Should -BeNullOrEmpty
        Lock-SyncVault laptop
        (Get-SyncVault laptop).State | Should -Be 'Locked'
    }

    It 'ends when its vault is locked, which asks before it does that' {
        $job = Start-Follow
        Wait-InSync $job
        Lock-SyncVault laptop -Force
        $null = Wait-Job $job
        $job.State | Should -BeIn 'Completed', 'Failed', 'Stopped'
        (Get-SyncVault laptop).State | Should -Be 'Locked'
        $null = Get-SyncItem a* -Vault laptop
    }

    It 'fails with the peer''s error in its stream when the peer was never reached' {
        $job = Start-VaultSync 127.0.0.1:1 -Vault laptop -AsJob
        $null = Wait-Job $job
        $job.State | Should -Be 'Failed'
        $job.ChildJobs[0].Error[0].FullyQualifiedErrorId | Should -Match '^PeerUnreachable'
        { Receive-Job $job -ErrorAction Stop } | Should -Throw -ErrorId 'PeerUnreachable*'
        (Start-VaultSync 127.0.0.1:1 -Vault laptop -Follow -AsJob -TimeoutSec 1 | Wait-Job).State | Should -Be 'Failed'
    }

    It 'keeps its newest records and says how many it dropped' {
        # Nobody reads while more comes than is kept.
        $job = Start-Follow
        Wait-InSync $job
        $output = $job.ChildJobs[0].Output
        $most = 10000
        $bounded = [SyncModule.Commands.Jobs.SyncJob].Assembly.GetType('SyncModule.Commands.Jobs.BoundedOutput')
        $ring = [Activator]::CreateInstance($bounded, @($output, 'laptop', 'desk'))
        $before = $output.Count
        foreach ($i in 1..($most + 50)) {
            $record = [SyncModule.SyncEvent]@{ Kind = 'Received'; Vault = 'laptop'; Peer = 'desk'; At = [datetimeoffset]::Now; Count = $i }
            $null = $bounded.GetMethod('Add').Invoke($ring, @($record))
        }
        $output.Count | Should -Be $most
        $records = @(Receive-Job $job)
        @($records | Where-Object Kind -EQ Dropped).Count | Should -Be 1
        $records[0].Kind, $records[0].Count | Should -Be @('Dropped', ($before + 50 + 1))
        $records[-1].Count | Should -Be ($most + 50)
    }

    It 'ends with the module, and goes on through Import-Module -Force' {
        $result = Invoke-Pwsh {
            Import-Module $args[0]
            $job = Start-VaultSync desk -Vault laptop -Follow -AsJob
            Import-Module $args[0] -Force
            "forced: $($job.State)"
            Remove-Module SyncModule
            "removed: $($job.State) $(@(Get-Job).Count)"
            Import-Module $args[0]
            $again = Start-VaultSync desk -Vault laptop -Follow -AsJob
            "again: $($again.State)"
        } $ModuleFolder
        $result.Error | Should -BeNullOrEmpty
        $result.Lines | Should -Be @('forced: Running', 'removed: Stopped 0', 'again: Running')
        $result.ExitCode | Should -Be 0
    }
}

Describe 'other ways into the background' {
    BeforeAll {
        . (Join-Path $PSScriptRoot 'Common.ps1')
        Initialize-TestHome
        $pair = Add-TestPair
    }

    AfterAll { Close-TestHome }

    AfterEach { Get-Job | Remove-Job -Force }

    It 'is Start-ThreadJob, which Stop-Job ends' {
        $job = Start-ThreadJob { Start-VaultSync desk -Vault laptop }
        (Receive-Job $job -Wait)[-1] | Should -BeOfType ([SyncModule.SyncSummary])
        $job = Start-ThreadJob { Start-VaultSync desk -Vault laptop -Follow }
        $null = Wait-Until { (Receive-Job $job -Keep).Kind -contains 'UpToDate' } 'a connection'
        Stop-Job $job
        $job.State | Should -Be 'Stopped'
        Lock-SyncVault laptop
        (Get-SyncVault laptop).State | Should -Be 'Locked'
    }

    It 'is <Way>, whose records keep kind and view' -ForEach @(@{ Way = 'Start-Job' }, @{ Way = '&' }) {
        Set-SyncItem "from $Way" 1 -Vault laptop
        $job = if ($Way -eq '&') { & ([scriptblock]::Create('Start-VaultSync desk -Vault laptop &')) } else { Start-Job { Start-VaultSync desk -Vault laptop } }
        $summary = Receive-Job $job -Wait
        $summary.PSObject.TypeNames[0] | Should -Be 'Deserialized.SyncModule.SyncSummary'
        "$($summary.Kind) $($summary.Outcome)" | Should -Be 'Summary Synced'
        "$($summary.Peers)" | Should -Be 'desk: Synced'
        (($summary | Out-String) -replace '\e\[[\d;]*m') -split '\r?\n' | Where-Object { $_ -match '^(\w+) *:' } | ForEach-Object { $Matches[1] } | Should -Be @('Vault', 'Outcome', 'Merges', 'Conflicts', 'Sent', 'Received', 'Seconds')
        $item = Start-Job { Get-SyncItem "from*" -Vault laptop } | Receive-Job -Wait
        ($item | Out-String) | Should -Match 'Modified'
    }

    It 'is ForEach-Object -Parallel: of 100 values into one vault none is lost' {
        $before = (Invoke-Mirord 'status' laptop '--json' | ConvertFrom-Json).commits
        1..100 | ForEach-Object -Parallel { Set-SyncItem "parallel/$_" $_ -Vault laptop } -ThrottleLimit 16
        @(Get-SyncItem parallel/* -Vault laptop).Count | Should -Be 100
        1..100 | ForEach-Object { Get-SyncValue "parallel/$_" -Vault laptop } | Should -Be (1..100)
        (Invoke-Mirord 'status' laptop '--json' | ConvertFrom-Json).commits | Should -BeGreaterThan $before
        1..100 | ForEach-Object -Parallel { Set-SyncItem contested $_ -Vault laptop } -ThrottleLimit 16
        @(Get-SyncHistory contested -Vault laptop).Count | Should -Be 100
        (Get-SyncItem contested -Vault laptop).Heads | Should -Be 1
        (Test-SyncVault laptop).Healthy | Should -BeTrue
        $null = Start-VaultSync -Vault laptop
        Get-Digest laptop | Should -Be (Get-Digest desk)
    }

    It 'is -Parallel over vaults, each with its own engine state in one process' {
        $names = 1..4 | ForEach-Object { (Add-TestVault "p$_").Name }
        $names | ForEach-Object -Parallel { Set-SyncItem x "of $_" -Vault $_; Get-SyncValue x -Vault $_ -AsPlainText } | Sort-Object | Should -Be @('of p1', 'of p2', 'of p3', 'of p4')
    }
}
