# What a scheduler sees: pwsh -File, nobody to ask, exit codes, signals; and two machines as two processes.
Describe 'a script that nobody watches' {
    BeforeAll {
        . (Join-Path $PSScriptRoot 'Common.ps1')
        Initialize-TestHome
        $pair = Add-TestPair
        # Only a key file opens it in another process.
        Set-SyncVault laptop -KeyFile ''
        Lock-SyncVault laptop -Force
        $sync = {
            $ErrorActionPreference = 'Stop'
            Import-Module $args[0]
            exit (Start-VaultSync $args[1] -Vault laptop -KeyFile $args[2] -ErrorAction Continue | Select-Object -Last 1).ExitCode
        }
        $key = Get-TestPath 'laptop.key'
    }

    AfterAll { Close-TestHome }

    It 'ends with 0 when all is well, 1 for an error, 3 when nobody was reached' {
        (Invoke-Pwsh $sync @($ModuleFolder, 'desk', $key)).ExitCode | Should -Be 0
        $offline = Invoke-Pwsh $sync @($ModuleFolder, '127.0.0.1:1', $key)
        $offline.ExitCode | Should -Be 3
        $offline.Error | Should -Match 'Check that the peer runs'
        $wrong = Invoke-Pwsh $sync @($ModuleFolder, 'desk', (Get-TestPath 'desk.key'))
        $wrong.ExitCode | Should -Be 1
        $wrong.Error + $wrong.Output | Should -Match 'key file'
        (Invoke-Pwsh $sync @($ModuleFolder, 'no such!', $key)).ExitCode | Should -Be 1
    }

    It 'has the same codes in both ways to treat errors, and under Stop alone ends with 1: <Preference> <Action>' -ForEach @(
        @{ Preference = 'Stop'; Action = '-ErrorAction Continue'; Offline = 3 }
        @{ Preference = 'Continue'; Action = '-ErrorAction Continue'; Offline = 3 }
        @{ Preference = 'Continue'; Action = ''; Offline = 3 }
        @{ Preference = 'Stop'; Action = ''; Offline = 1 }
    ) {
        $script = [scriptblock]::Create("`$ErrorActionPreference = '$Preference'; Import-Module `$args[0]; exit (Start-VaultSync `$args[1] -Vault laptop -KeyFile `$args[2] $Action | Select-Object -Last 1).ExitCode")
        (Invoke-Pwsh $script @($ModuleFolder, '127.0.0.1:1', $key)).ExitCode | Should -Be $Offline
        (Invoke-Pwsh $script @($ModuleFolder, 'desk', $key)).ExitCode | Should -Be 0
    }

    It 'takes no code from a summary that is not there' {
        (Invoke-Pwsh $sync @($ModuleFolder, 'desk', (Get-TestPath 'nothing.key'))).ExitCode | Should -Be 1
    }

    It 'is told VaultLocked instead of being asked' {
        $result = Invoke-Pwsh {
            Import-Module $args[0]
            try { Get-SyncItem -Vault laptop -ErrorAction Stop } catch { $_.FullyQualifiedErrorId; $_.ErrorDetails.RecommendedAction }
            try { 'x' | ForEach-Object -Parallel { Get-SyncItem -Vault laptop -ErrorAction Stop } -ErrorAction Stop } catch { $_.Exception.Message }
            'still here'
        } $ModuleFolder
        $result.Lines[0] | Should -Match '^VaultLocked,'
        $result.Lines[1] | Should -Match '-KeyFile'
        $result.Lines[-1] | Should -Be 'still here'
        $result.ExitCode | Should -Be 0
    }

    It 'prints its summary after SIGTERM and keeps its code' {
        if ($IsWindows) { Set-ItResult -Skipped -Because 'there is no SIGTERM'; return }
        $running = Open-Pwsh {
            Import-Module $args[0]
            $last = $null
            $file = $args[2]
            Start-VaultSync desk -Vault laptop -KeyFile $args[1] -Follow | ForEach-Object { $last = $_; if ($_.Kind -eq 'UpToDate') { Set-Content $file 'in sync' } }
            "$($last.Kind) $($last.Outcome) $($last.ExitCode)"
            exit 40 + $last.ExitCode
        } @($ModuleFolder, $key, (Get-TestPath 'in-sync'))
        $null = Wait-Until { (Test-Path (Get-TestPath 'in-sync')) -or $running.Process.HasExited } 'the follow to be in sync'
        $null = & kill -TERM $running.Process.Id
        $result = Complete-Process $running
        $result.Error | Should -BeNullOrEmpty
        $result.Lines[-1] | Should -Be 'Summary Synced 0'
        $result.ExitCode | Should -Be 40
    }
}

Describe 'two machines' {
    BeforeAll {
        . (Join-Path $PSScriptRoot 'Common.ps1')
        Initialize-TestHome
        # Each is a PowerShell of its own, with a home of its own: one invites and then follows what comes, the other joins.
        $desk = @{ SYNCMODULE_HOME = (Get-TestPath 'desk-home'); HOME = (New-Item -ItemType Directory (Get-TestPath 'desk-user')).FullName }
        $laptop = @{ SYNCMODULE_HOME = (Get-TestPath 'laptop-home'); HOME = (New-Item -ItemType Directory (Get-TestPath 'laptop-user')).FullName }
        function Invoke-On([hashtable] $Machine, [scriptblock] $Script, [string[]] $Arguments = @()) {
            $result = Invoke-Pwsh ([scriptblock]::Create("`$ErrorActionPreference = 'Stop'; `$env:SYNCMODULE_VAULT = 'home'; Import-Module '$ModuleFolder'; `$ProgressPreference = 'SilentlyContinue'`n$Script")) $Arguments $Machine
            if ($result.ExitCode -ne 0) { throw "$($result.Output)`n$($result.Error)" }
            $result.Lines
        }
    }

    AfterAll { Close-TestHome }

    It 'A02, reduced: an empty one joins a full one by an invite, and has everything' {
        $null = New-Item -ItemType Directory (Get-TestPath 'docs/sub')
        1..20 | ForEach-Object { [IO.File]::WriteAllText((Get-TestPath "docs/sub/$_.txt"), "document $_") }
        $inviting = Open-Pwsh ([scriptblock]::Create(@"
            `$ErrorActionPreference = 'Stop'
            Import-Module '$ModuleFolder'
            `$null = New-SyncVault home -Path '$(Get-TestPath 'vaults/desk')' -KeyFile '$(Get-TestPath 'desk.key')' -Device desk
            Set-SyncItem app/config @{ url = 'https://x'; retries = 3 }
            Set-SyncItem github/token ([byte[]] (1, 2, 3))
            Set-Location '$($TestState.Root)'
            (Import-SyncItem ./docs -Recurse).Files
            New-SyncInvite -Listen 127.0.0.1:0 -OutFile '$(Get-TestPath 'invite')' | ForEach-Object { if (`$_ -is [SyncModule.SyncPeer]) { "joined `$(`$_.Name)" } }
"@)) @() $desk
        $null = Wait-Until { if ($inviting.Process.HasExited) { throw $inviting.Error.Result }; Test-Path (Get-TestPath 'invite') } 'the invite'
        $connected = Invoke-On $laptop {
            $connection = Connect-SyncVault home -InviteFile $args[0] -Path $args[1] -KeyFile $args[2] -Device laptop
            "$($connection.Peer) $($connection.Outcome)"
            (Get-SyncItem).Count
            (Get-SyncValue app/config).retries
        } @((Get-TestPath 'invite'), (Get-TestPath 'vaults/laptop'), (Get-TestPath 'laptop.key'))
        $connected | Should -Be @('desk Synced', '22', '3')
        (Complete-Process $inviting).Lines | Should -Be @('20', 'joined laptop')
        Get-Digest desk | Should -Be (Get-Digest laptop)
        $null = Invoke-On $laptop { (Export-SyncItem docs/* $args[0]).Files } (Get-TestPath 'out')
        Get-Content (Get-TestPath 'out/sub/7.txt') | Should -Be 'document 7'
    }

    It 'A03, reduced: what both changed is decided alike on both, and written down on both' {
        $null = Invoke-On $desk { 1..5 | ForEach-Object { Set-SyncItem "both/$_" "desk $_" }; Set-SyncItem app/config @{ url = 'https://desk'; retries = 3 } }
        Start-Sleep -Milliseconds 5
        $null = Invoke-On $laptop { 1..5 | ForEach-Object { Set-SyncItem "both/$_" "laptop $_" }; Remove-SyncItem docs/sub/1.txt }
        $server = Open-Server desk
        $merged = Invoke-On $laptop {
            Add-SyncPeer desk -Address $args[0]
            $records = Start-VaultSync
            $records | Where-Object Kind -EQ Merge | Sort-Object Key | ForEach-Object { "$($_.Key) $($_.Rule) $($_.Winner)" }
            "exit $($records[-1].ExitCode)"
        } $server.Address
        $merged | Should -Be (@(1..5 | ForEach-Object { "both/$_ LastWriterWins laptop" }) + 'exit 0')
        $server.Process.Kill()
        $server.Process.WaitForExit()
        $show = {
            Get-SyncMerge | Sort-Object Id | ForEach-Object { "$($_.Id) $($_.Winner) $($_.Version)" }
            Get-SyncItem | ForEach-Object { "$($_.Name) $($_.Version)" }
            1..5 | ForEach-Object { Get-SyncValue "both/$_" -AsPlainText }
        }
        $there = Invoke-On $laptop $show
        Invoke-On $desk $show | Should -Be $there
        $there[-1] | Should -Be 'laptop 5'
        $there.Count | Should -BeGreaterThan 30
        Get-Digest desk | Should -Be (Get-Digest laptop)
    }

    It 'A04, reduced: a transfer that is killed in the middle goes on' {
        $large = Get-TestPath 'large'
        $random = [byte[]]::new(1MB)
        $stream = [IO.File]::Create($large)
        foreach ($i in 1..40) { [Random]::new($i).NextBytes($random); $stream.Write($random) }
        $stream.Dispose()
        $hash = (Get-FileHash $large).Hash
        $null = Invoke-On $desk { (Import-SyncItem $args[0]).Files } $large
        $server = Open-Server desk
        $null = Invoke-On $laptop { Add-SyncPeer desk -Address $args[0] } $server.Address
        $packs = Get-TestPath 'vaults/laptop/packs'
        $before = (Get-ChildItem $packs -File -Recurse -ErrorAction Ignore | Measure-Object Length -Sum).Sum
        foreach ($kill in 1..3) {
            $running = Open-Pwsh ([scriptblock]::Create("Import-Module '$ModuleFolder'; Start-VaultSync -Vault home -Pull")) @() $laptop
            $null = Wait-Until { $running.Process.HasExited -or (Get-ChildItem $packs -File -Recurse -ErrorAction Ignore | Measure-Object Length -Sum).Sum -gt $before + $kill * 4MB } 'some of the bytes'
            if (-not $running.Process.HasExited) { $running.Process.Kill() }
            $running.Process.WaitForExit()
        }
        $last = Invoke-On $laptop {
            $summary = Start-VaultSync | Select-Object -Last 1
            "$($summary.Outcome -in 'Synced', 'UpToDate') $($summary.BytesReceived -lt 40MB) $($summary.ExitCode)"
            (Get-SyncValue large -OutFile $args[0]).Length
        } (Get-TestPath 'large-again')
        $last | Should -Be @('True True 0', [string] 40MB)
        (Get-FileHash (Get-TestPath 'large-again')).Hash | Should -Be $hash
        Get-Digest desk | Should -Be (Get-Digest laptop)
        (Invoke-On $laptop { (Test-SyncVault).Healthy }) | Should -Be 'True'
    }
}
