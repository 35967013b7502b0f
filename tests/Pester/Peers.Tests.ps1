Describe 'pairing' {
    BeforeAll {
        . (Join-Path $PSScriptRoot 'Common.ps1')
        Initialize-TestHome
        $null = Add-TestVault desk
        Set-SyncItem a 'of desk' -Vault desk
        function Open-Invite([hashtable] $With = @{}) {
            $parameters = @{ Vault = 'desk'; Listen = '127.0.0.1:0' } + $With
            Start-ThreadJob { $with = $using:parameters; New-SyncInvite @with }
        }
    }

    AfterAll { Close-TestHome }

    It 'gives the invite at once, takes one machine, and ends with that machine as a peer' {
        $inviting = Open-Invite
        $invite = Wait-Until { Receive-Job $inviting | Where-Object Invite } 'an invite'
        $invite | Should -BeOfType ([SyncModule.SyncInvite])
        $invite.Vault, ($invite.Address.Count -gt 0), ($invite.Expires -gt [datetimeoffset]::Now) | Should -Be @('desk', $true, $true)
        $connection = $invite | Connect-SyncVault laptop -Path (Get-TestPath 'vaults/laptop') -KeyFile (Get-TestPath 'laptop.key') -Device laptop
        $connection | Should -BeOfType ([SyncModule.SyncConnection])
        $connection.Vault, $connection.Peer, $connection.Device, $connection.Outcome | Should -Be @('laptop', 'desk', 'laptop', 'Synced')
        $joined = Receive-Job $inviting -Wait -AutoRemoveJob
        $joined | Should -BeOfType ([SyncModule.SyncPeer])
        $joined.Name | Should -Be 'laptop'
        Get-SyncValue a -Vault laptop -AsPlainText | Should -Be 'of desk'
        Get-Digest laptop | Should -Be (Get-Digest desk)
        Get-ErrorId { Connect-SyncVault again -Invite $invite.Invite -Path (Get-TestPath 'vaults/again') -KeyFile (Get-TestPath 'again.key') } | Should -BeIn 'InviteUsed', 'PeerUnreachable'
        Get-SyncVault again -ErrorAction Ignore | Should -BeNullOrEmpty
    }

    It 'writes the invite to a file that only its owner reads, instead of showing it' {
        $file = Get-TestPath 'invite.txt'
        $inviting = Open-Invite @{ OutFile = $file }
        $shown = Wait-Until { Receive-Job $inviting | Where-Object Invite } 'an invite'
        $shown.Invite | Should -Not -Match 'syncmodule:'
        if (-not $IsWindows) { (Get-Item $file).UnixMode | Should -Be '-rw-------' }
        $connection = Connect-SyncVault tablet -InviteFile $file -Path (Get-TestPath 'vaults/tablet') -KeyFile (Get-TestPath 'tablet.key') -Device tablet
        $connection.Outcome | Should -BeIn 'Synced', 'UpToDate'
        (Receive-Job $inviting -Wait -AutoRemoveJob).Name | Should -Be 'tablet'
    }

    It 'ends with the invite''s time, and by Stop-Job, which revokes it' {
        Get-ErrorId { New-SyncInvite -Vault desk -Listen 127.0.0.1:0 -Expires 0:00:01 } | Should -Be 'InviteExpired'
        $inviting = Open-Invite
        $invite = Wait-Until { Receive-Job $inviting | Where-Object Invite } 'an invite'
        Stop-Job $inviting
        $inviting.State | Should -Be 'Stopped'
        Remove-Job $inviting
        Get-ErrorId { Connect-SyncVault late -Invite $invite.Invite -Path (Get-TestPath 'vaults/late') -KeyFile (Get-TestPath 'late.key') } | Should -BeIn 'PeerUnreachable', 'InviteUsed'
        Test-Path (Get-TestPath 'vaults/late/vault.json') | Should -BeFalse
    }

    It 'refuses what is no invite, and a name that is taken, before anything is made' {
        Get-ErrorId { 'nonsense' | Connect-SyncVault bad -Path (Get-TestPath 'vaults/bad') -KeyFile (Get-TestPath 'bad.key') } | Should -Be 'InviteInvalid'
        Get-ErrorId { Connect-SyncVault bad -InviteFile (Get-TestPath 'nowhere') -Path (Get-TestPath 'vaults/bad') } | Should -Be 'FileNotFound'
        Get-ErrorId { 'x' * 20000 | Connect-SyncVault bad -Path (Get-TestPath 'vaults/bad') } | Should -Be 'InviteInvalid'
        Get-ErrorId { 'nonsense' | Connect-SyncVault desk } | Should -Be 'VaultNameTaken'
        Get-ErrorId { New-SyncInvite -Vault desk -Expires 0 } | Should -Be 'UsageWrong'
        Get-ErrorId { New-SyncInvite -Vault desk -Listen 203.0.113.1:1 } | Should -Be 'AddressUnavailable'
        Test-Path (Get-TestPath 'vaults/bad') | Should -BeFalse
        Test-Path (Get-TestPath 'bad.key') | Should -BeFalse
    }
}

Describe 'peers' {
    BeforeAll {
        . (Join-Path $PSScriptRoot 'Common.ps1')
        Initialize-TestHome
        $pair = Add-TestPair
    }

    AfterAll { Close-TestHome }

    It 'are the other members, with the addresses that are known here' {
        $peer = Get-SyncPeer -Vault laptop
        $peer | Should -BeOfType ([SyncModule.SyncPeer])
        $peer.Name, $peer.Role, $peer.Vault | Should -Be @('desk', 'Member', 'laptop')
        $peer.Address | Should -Be $pair.Address
        $peer.LastSync | Should -Not -BeNullOrEmpty
        (Get-SyncPeer -Vault desk).Name | Should -Be 'laptop'
        (Get-SyncPeer -Vault laptop -IncludeSelf).Role | Sort-Object | Should -Be @('Member', 'Self')
        (Get-SyncPeer DE* -Vault laptop).Name | Should -Be 'desk'
        Get-ErrorId { Get-SyncPeer nobody -Vault laptop } | Should -Be 'PeerUnknown'
    }

    It 'are added, changed and forgotten; the machine stays a member, and that is said' {
        $added = Add-SyncPeer nas -Address 10.0.0.1, nas.example:22021 -Vault laptop -PassThru
        $added.Address | Should -Be @('10.0.0.1:22020', 'nas.example:22021')
        $added.Role | Should -Be 'Unknown'
        (Add-SyncPeer nas -Address 10.0.0.2 -Vault laptop -PassThru).Address | Should -Be '10.0.0.2:22020'
        [pscustomobject]@{ Name = 'csv'; Address = '10.0.0.3'; Vault = 'laptop' } | Add-SyncPeer
        'csv', 'nas' | Remove-SyncPeer -Vault laptop -WarningVariable warned
        $warned | Should -BeNullOrEmpty
        Get-ErrorId { Remove-SyncPeer nas -Vault laptop } | Should -Be 'PeerUnknown'
        Get-ErrorId { Add-SyncPeer nas -Address ':x' -Vault laptop } | Should -Be 'AddressInvalid'
        $null = Start-VaultSync -Vault laptop
        Get-SyncPeer desk -Vault laptop | Remove-SyncPeer -WarningVariable warned -WarningAction SilentlyContinue
        $warned | Should -Match 'still a member'
        (Get-SyncPeer -Vault laptop).Name | Should -Be 'desk'
        (Get-SyncPeer -Vault laptop).Address | Should -BeNullOrEmpty
        Add-SyncPeer desk -Address $pair.Address -Vault laptop
    }

    It 'are tested without a sync' {
        Set-SyncItem before 1 -Vault laptop
        $report = Test-SyncPeer desk -Vault laptop
        $report | Should -BeOfType ([SyncModule.SyncPeerReport])
        $report.Reachable, $report.Address, $report.ErrorId | Should -Be @($true, $pair.Address, $null)
        Test-SyncPeer -Vault laptop -Quiet | Should -BeTrue
        Get-ErrorId { Get-SyncItem before -Vault desk } | Should -Be 'ItemNotFound'
        $dead = Test-SyncPeer 127.0.0.1:1 -Vault laptop
        $dead.Reachable, $dead.ErrorId | Should -Be @($false, 'PeerUnreachable')
        Test-SyncPeer no!, desk -Vault laptop -Quiet -ErrorAction SilentlyContinue | Should -BeTrue -Because 'an unknown name ends nothing'
        Get-SyncPeer -Vault laptop | Test-SyncPeer -Quiet | Should -BeTrue
    }

    It 'have a status that asks nobody, also of a locked vault' {
        $null = Start-VaultSync -Vault laptop
        $status = Get-SyncStatus -Vault laptop
        $status | Should -BeOfType ([SyncModule.SyncStatus])
        $status.Peer, $status.State, $status.Behind, $status.Ahead, $status.Unlocked | Should -Be @('desk', 'InSync', 0, 0, $true)
        Set-SyncItem more 1 -Vault laptop
        (Get-SyncStatus -Vault laptop).Ahead | Should -Be 1
        (Get-SyncStatus -Vault laptop).State | Should -Be 'Behind'
        (Get-SyncStatus | Where-Object Ahead -GT 0).Vault | Should -Be 'laptop'
        $null = Add-TestVault alone
        (Get-SyncVault alone | Get-SyncStatus).State | Should -Be 'NoPeers'
        Lock-SyncVault alone
        $locked = Get-SyncStatus -Vault alone
        $locked.State, $locked.Unlocked | Should -Be @('Unknown', $false)
        (Get-SyncVault alone).State | Should -Be 'Locked'
    }
}
