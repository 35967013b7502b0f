# Rows A02 to A04 at a reduced size: each machine is a PowerShell of its own with a home of its own; the first is served by mirord.
Describe 'two machines' {
    BeforeAll {
        . (Join-Path $PSScriptRoot 'Common.ps1')
        Initialize-TestHome
        $deskHome = @{ SYNCMODULE_HOME = (Get-TestPath 'home-desk'); SYNCMODULE_VAULT = 'v' }
        $laptopHome = @{ SYNCMODULE_HOME = (Get-TestPath 'home-laptop'); SYNCMODULE_VAULT = 'v' }
        $invite = Get-TestPath 'invite.txt'
        $desk = Open-Pwsh {
            Import-Module SyncModule
            $null = New-SyncVault v -Path $args[0] -KeyFile $args[1] -Device desk
            Set-SyncItem greeting 'hello'
            Set-SyncItem shared 'base'
            1..20 | ForEach-Object { Set-SyncItem "many/$_" $_ }
            New-SyncInvite -Listen 127.0.0.1:0 -OutFile $args[2] | ForEach-Object { $_.GetType().Name }
        } (Get-TestPath 'vaults/desk'), (Get-TestPath 'desk.key'), $invite $deskHome
        $null = Wait-Until { if ($desk.Process.HasExited) { throw $desk.Error.Result }; Test-Path $invite } 'an invite'
        $joined = Invoke-Pwsh {
            Import-Module SyncModule
            $connection = Connect-SyncVault v -InviteFile $args[2] -Path $args[0] -KeyFile $args[1] -Device laptop
            "$($connection.Peer) $($connection.Outcome) $($connection.Received)"
            Get-SyncValue greeting -AsPlainText
            @(Get-SyncItem many/*).Count
        } (Get-TestPath 'vaults/laptop'), (Get-TestPath 'laptop.key'), $invite $laptopHome
        $inviter = Complete-Process $desk
        $server = Open-Server desk
    }

    AfterAll { Close-TestHome }

    It 'A02: the first sync of an empty vault brings everything' {
        $joined.Error | Should -BeNullOrEmpty
        $joined.Lines | Should -Be @('desk Synced 22', 'hello', '20')
        $inviter.Error | Should -BeNullOrEmpty
        $inviter.Lines | Should -Be @('SyncInvite', 'SyncPeer')
        Get-Digest laptop | Should -Be (Get-Digest desk)
    }

    It 'A03: conflicting edits on both sides end the same on both, decided by a rule that can be read' {
        $edit = {
            Import-Module SyncModule
            1..3 | ForEach-Object { Set-SyncItem "shared$_" "from $($args[0])" }
        }
        foreach ($side in @{ Name = 'desk'; Home = $deskHome }, @{ Name = 'laptop'; Home = $laptopHome }) { (Invoke-Pwsh $edit $side.Name $side.Home).Error | Should -BeNullOrEmpty }
        $laptop = Invoke-Pwsh {
            Import-Module SyncModule
            Add-SyncPeer desk -Address $args[0]
            Start-VaultSync desk | Where-Object Rule -EQ LastWriterWins | ForEach-Object { "$($_.Key) $($_.Winner) $($_.Id)" }
        } $server.Address $laptopHome
        $laptop.Error | Should -BeNullOrEmpty
        @($laptop.Lines).Count | Should -Be 3
        $laptop.Lines | Should -Match '^shared\d laptop '
        $desk = Invoke-Pwsh {
            Import-Module SyncModule
            Get-SyncMerge | ForEach-Object { "$($_.Key) $($_.Winner) $($_.Id)" }
            1..3 | ForEach-Object { Get-SyncValue "shared$_" -AsPlainText }
        } @() $deskHome
        $desk.Lines | Sort-Object | Should -Be (@($laptop.Lines) + @('from laptop') * 3 | Sort-Object)
        Get-Digest laptop | Should -Be (Get-Digest desk)
    }

    It 'A04: a transfer that is killed goes on, and nothing is lost or sent again' {
        $large = Get-TestPath 'large.bin'
        $random = [byte[]]::new(96MB)
        [Random]::new(5).NextBytes($random)
        [IO.File]::WriteAllBytes($large, $random)
        $null = Invoke-Mirord 'put' laptop @('large', '--file', $large)
        $packs = Get-TestPath 'vaults/desk/packs'
        $before = (Get-ChildItem $packs -Recurse -File -ErrorAction Ignore | Measure-Object Length -Sum).Sum
        $first = Open-Pwsh { Import-Module SyncModule; Start-VaultSync desk } @() $laptopHome
        # Early: a fast machine may otherwise be done before the signal.
        $null = Wait-Until { $first.Process.HasExited -or ([IO.Directory]::Exists($packs) -and ([IO.Directory]::GetFiles($packs, '*', 'AllDirectories') | ForEach-Object { [IO.FileInfo]::new($_).Length } | Measure-Object -Sum).Sum -gt $before + 4MB) } 'the first bytes'
        $first.Process.Kill()
        $first.Process.WaitForExit()
        $here = (Get-ChildItem $packs -Recurse -File | Measure-Object Length -Sum).Sum - $before
        $second = Invoke-Pwsh {
            Import-Module SyncModule
            $summary = Start-VaultSync desk | Select-Object -Last 1
            "$($summary.Outcome) $($summary.BytesSent) $($summary.ExitCode)"
        } @() $laptopHome
        $second.Error | Should -BeNullOrEmpty
        $outcome, $sent, $exit = $second.Lines[0] -split ' '
        $outcome | Should -BeIn 'Synced', 'UpToDate'
        # What was on the disk is not sent again; a part that was under way may be, and frames have headers.
        [long] $sent | Should -BeLessOrEqual (96MB - $here + 24MB)
        $exit | Should -Be 0
        Get-Digest laptop | Should -Be (Get-Digest desk)
        $out = Get-TestPath 'large.out'
        $null = Invoke-Mirord 'get' desk @('large', '--out', $out)
        (Get-FileHash $out).Hash | Should -Be (Get-FileHash $large).Hash
    }

    It 'rounds of both processes at once lose nothing' {
        $write = {
            Import-Module SyncModule
            foreach ($i in 1..10) {
                Set-SyncItem "at-once/$($args[0])-$i" $i
                if ($args[1]) { $null = Start-VaultSync desk }
            }
        }
        $running = @(Open-Pwsh $write @('desk') $deskHome; Open-Pwsh $write @('laptop', 'sync') $laptopHome)
        foreach ($process in $running) { (Complete-Process $process).Error | Should -BeNullOrEmpty }
        $count = Invoke-Pwsh {
            Import-Module SyncModule
            $null = Start-VaultSync desk
            @(Get-SyncItem at-once/*).Count
        } @() $laptopHome
        $count.Lines | Should -Be '20'
        Get-Digest laptop | Should -Be (Get-Digest desk)
    }
}
