# What every cmdlet keeps to and only a real PowerShell can show: the types that come out, what Tab completes and what it leaves alone.
# Names, positions and attributes are tested without PowerShell (SurfaceTests.cs).

BeforeDiscovery {
    # What makes each cmdlet give everything that it can give.
    $calls = @{
        'Add-SyncPeer'            = { Add-SyncPeer nas -Address 127.0.0.1:1 -Vault laptop -PassThru }
        'Connect-SyncVault'       = { $inviting = Start-ThreadJob { New-SyncInvite -Vault laptop -Listen 127.0.0.1:0 }
            $invite = Wait-Until { Receive-Job $inviting | Where-Object Invite } 'an invite'
            $invite.Invite | Connect-SyncVault third -Path (Get-TestPath 'vaults/third') -KeyFile (Get-TestPath 'third.key') -Device third
            $null = Receive-Job $inviting -Wait -AutoRemoveJob }
        'Copy-SyncItem'           = { Copy-SyncItem app/a -NewName app/a2 -Vault laptop -PassThru }
        'Disable-SyncPeer'        = { Disable-SyncPeer desk -Vault laptop -PassThru }
        'Export-SyncItem'         = { Export-SyncItem app/* (Get-TestPath 'out') -Vault laptop }
        'Get-SyncCollection'      = { Get-SyncCollection -Vault laptop }
        'Get-SyncHistory'         = { Get-SyncHistory app/a -Vault laptop }
        'Get-SyncItem'            = { Get-SyncItem -Vault laptop }
        'Get-SyncMerge'           = { Get-SyncMerge -Vault laptop }
        'Get-SyncOwner'           = { Set-SyncOwner owned -Vault laptop; Get-SyncOwner -Vault laptop }
        'Get-SyncPeer'            = { Get-SyncPeer -Vault laptop -IncludeSelf }
        'Get-SyncSchedule'        = { Get-SyncSchedule }
        'Get-SyncStatus'          = { Get-SyncStatus }
        'Get-SyncValue'           = { Get-SyncValue app/* -Vault laptop; Get-SyncValue app/a -AsByteStream -Vault laptop; Get-SyncValue app/a -OutFile (Get-TestPath 'value') -Vault laptop }
        'Get-SyncVault'           = { Get-SyncVault }
        'Import-SyncItem'         = { Import-SyncItem (Get-TestPath 'files') -Recurse -Vault laptop }
        'Invoke-SyncTransaction'  = { Invoke-SyncTransaction { Set-SyncItem app/set 2 } -Vault laptop }
        'Lock-SyncVault'          = { Lock-SyncVault spare -Force -PassThru }
        'New-SyncInvite'          = { New-SyncInvite -Vault laptop -Listen 127.0.0.1:0 -Expires 00:00:01 -ErrorAction SilentlyContinue }
        'New-SyncVault'           = { New-SyncVault fourth -Path (Get-TestPath 'vaults/fourth') -KeyFile (Get-TestPath 'fourth.key') }
        'Register-SyncSchedule'   = { Register-SyncSchedule 01:00 -Vault laptop -WhatIf 6>$null }
        'Optimize-SyncVault'      = { Optimize-SyncVault spare; Optimize-SyncVault laptop -DropHistory -WhatIf }
        'Register-SyncVault'      = { Register-SyncVault again (Get-TestPath 'vaults/spare') -PassThru }
        'Remove-SyncItem'         = { Remove-SyncItem app/gone -Vault laptop -PassThru }
        'Remove-SyncPeer'         = { Add-SyncPeer old -Address 127.0.0.1:1 -Vault laptop; Remove-SyncPeer old -Vault laptop -PassThru }
        'Repair-SyncVault'        = { Repair-SyncVault laptop }
        'Resolve-SyncMerge'       = { Resolve-SyncMerge app/both -Explain -Vault laptop; Resolve-SyncMerge app/both -Select Latest -Vault laptop -PassThru }
        'Restore-SyncItem'        = { Remove-SyncItem app/back -Vault laptop; Restore-SyncItem app/back -Vault laptop -PassThru }
        'Set-SyncCollection'      = { Set-SyncCollection app -Policy manual -Vault laptop -PassThru }
        'Set-SyncItem'            = { Set-SyncItem app/set 1 -Vault laptop -PassThru }
        'Set-SyncOwner'           = { Set-SyncOwner owned disk -Vault laptop -PassThru }
        'Set-SyncVault'           = { Set-SyncVault spare -Default -PassThru }
        'Start-VaultSync'         = { Start-VaultSync desk -Vault laptop; Start-VaultSync desk -Vault laptop -Follow -TimeoutSec 1
            $job = Start-VaultSync desk -Vault laptop -AsJob
            $job
            $null = $job | Wait-Job }
        'Test-SyncPeer'           = { Test-SyncPeer desk -Vault laptop; Test-SyncPeer desk -Vault laptop -Quiet }
        'Test-SyncVault'          = { Test-SyncVault laptop; Test-SyncVault laptop -Quiet }
        'Unlock-SyncVault'        = { Unlock-SyncVault spare -KeyFile (Get-TestPath 'spare.key') -PassThru }
        'Unregister-SyncSchedule' = { Unregister-SyncSchedule nothing* -PassThru }
        'Unregister-SyncVault'    = { Register-SyncVault once (Get-TestPath 'vaults/spare'); Unregister-SyncVault once -PassThru }
        'Update-SyncCollection'   = { Set-SyncCollection made -Derived -Vault laptop; Update-SyncCollection made { @{ Name = 'a'; Value = 1 } } -Vault laptop -PassThru }
        'Wait-VaultSync'          = { Start-VaultSync desk -Vault laptop | Out-Null; Wait-VaultSync desk -Vault laptop }
    }
    # A scheduler may not be there: these may give nothing here, and do in Schedules.Tests.ps1.
    $mayBeNothing = 'Get-SyncSchedule', 'Register-SyncSchedule', 'Unregister-SyncSchedule'
    $cases = $calls.GetEnumerator() | Sort-Object Name | ForEach-Object { @{ Name = $_.Name; Call = $_.Value; MayBeNothing = $_.Name -in $mayBeNothing } }
}

Describe 'every cmdlet' {
    BeforeAll {
        . (Join-Path $PSScriptRoot 'Common.ps1')
        Initialize-TestHome
        $null = Add-TestPair
        $null = Add-TestVault spare
        $null = New-Item -ItemType Directory (Get-TestPath 'files')
        Set-Content (Get-TestPath 'files/a.txt') 'a'
        'a', 'gone', 'back', 'both' | ForEach-Object { Set-SyncItem "app/$_" @{ n = $_ } -Vault laptop }
        Set-SyncItem app/bytes ([byte[]](1, 2)) -Vault laptop
        $null = Start-VaultSync desk -Vault laptop
        Invoke-Conflict app/both
        $null = Start-VaultSync desk -Vault laptop
    }

    AfterAll { Close-TestHome }

    It '<Name> gives what its OutputType says' -ForEach $cases {
        $declared = @((Get-Command $Name).OutputType.Type)
        $declared | Should -Not -BeNullOrEmpty
        $given = @(& $Call 3>$null)
        if (-not $MayBeNothing) { $given | Should -Not -BeNullOrEmpty }
        foreach ($each in $given) {
            @($declared | Where-Object { $_.IsInstanceOfType($each) }).Count | Should -BeGreaterThan 0 -Because "$Name gave a $($each.GetType())"
        }
    }

    It 'is in this table' {
        (Get-Command -Module SyncModule -CommandType Cmdlet).Name | Sort-Object | Should -Be ($cases.Name | Sort-Object)
    } -ForEach @{ cases = $cases }

    It 'what a removal gives undoes it: <Name>' -ForEach @(
        @{ Name = 'peer'; Undo = { Remove-SyncPeer desk -Vault laptop -PassThru 3>$null | Add-SyncPeer }; See = { (Get-SyncPeer desk -Vault laptop).Address } }
        @{ Name = 'vault'; Undo = { Unregister-SyncVault spare -PassThru | Register-SyncVault }; See = { (Get-SyncVault spare).Path; (Get-SyncVault spare).KeyFile } }
    ) {
        $before = & $See
        & $Undo
        & $See | Should -Be $before
        $before | Should -Not -BeNullOrEmpty
    }

    It 'takes no vault for a peer' {
        (Get-SyncVault laptop | Start-VaultSync desk).Vault | Should -Be 'laptop'
        (Get-SyncVault laptop | Start-VaultSync -ErrorAction SilentlyContinue).Peers.Peer | Should -Contain 'desk'
        Get-SyncVault laptop | Wait-VaultSync desk | Should -BeTrue
        Get-ErrorId { Start-VaultSync (Get-SyncVault laptop) -Vault laptop } | Should -Be 'ParameterArgumentTransformationError'
    }

    It 'knows peers by pattern and by value' {
        Add-SyncPeer nas -Address 127.0.0.1:1 -Vault laptop
        ('desk' | Start-VaultSync -Vault laptop).Peers.Peer | Should -Be 'desk'
        (Start-VaultSync de* -Vault laptop).Peers.Peer | Should -Be 'desk'
        (Test-SyncPeer D*k -Vault laptop).Peer | Should -Be 'desk'
        Wait-VaultSync d[e]sk -Vault laptop | Should -BeTrue
        Get-ErrorId { Start-VaultSync x* -Vault laptop } | Should -Be 'PeerUnknown'
        Get-ErrorId { Wait-VaultSync x* -Vault laptop -TimeoutSec 1 } | Should -Be 'PeerUnknown'
        # An address in brackets is no pattern.
        Get-ErrorId { Start-VaultSync '[::1]:1' -Vault laptop -TimeoutSec 5 } | Should -Be 'PeerUnreachable'
    }

    It 'decides by pattern only what there is to decide' {
        Invoke-Conflict app/a
        $null = Start-VaultSync desk -Vault laptop
        (Resolve-SyncMerge app/* -Select Latest -Vault laptop -PassThru).Key | Should -Be 'app/a'
        Get-ErrorId { Resolve-SyncMerge app/a -Select Latest -Vault laptop } | Should -Be 'NothingToResolve'
    }
}

Describe 'completion' {
    BeforeAll {
        . (Join-Path $PSScriptRoot 'Common.ps1')
        Initialize-TestHome
        $null = Add-TestVault home
        Set-SyncItem 'app/with space' 1 -Vault home
        Set-SyncItem only/one 1 -Vault home
        Set-SyncItem note 1 -Collection notes -Vault home
        # Nobody listens there: whoever asked the network would wait for it.
        Add-SyncPeer nas -Address 192.0.2.1:22020 -Vault home
        Add-LockedVault closed
        function Get-Completion([string] $Line) { (TabExpansion2 $Line $Line.Length).CompletionMatches.ListItemText }
        $completed = foreach ($command in Get-Command -Module SyncModule -CommandType Cmdlet) {
            foreach ($parameter in $command.Parameters.Values) {
                if ($parameter.Attributes.Where({ $_ -is [ArgumentCompleter] })) { [pscustomobject]@{ Command = $command.Name; Parameter = $parameter.Name } }
            }
        }
    }

    AfterAll { Close-TestHome }

    It 'offers something for every parameter that has a completer' {
        $completed.Count | Should -BeGreaterThan 60
        foreach ($one in $completed) {
            $item = if ($one.Parameter -in 'Version', 'Select') { ' -Name only/one' }
            # There is no schedule here.
            if ($one.Command -like '*-SyncSchedule' -and $one.Parameter -eq 'Name') { continue }
            @(Get-Completion "$($one.Command)$item -$($one.Parameter) ").Count | Should -BeGreaterThan 0 -Because "$($one.Command) -$($one.Parameter) completes"
        }
    }

    It 'opens no locked vault, asks nobody and complains about nothing' {
        $global:Error.Clear()
        foreach ($one in $completed) {
            $vault = if ($one.Parameter -ne 'Vault' -and (Get-Command $one.Command).Parameters.ContainsKey('Vault')) { ' -Vault closed' }
            $given = @(Get-Completion "$($one.Command)$vault -$($one.Parameter) ")
            if ($vault -and $one.Parameter -ne 'Name') { $given | Should -Not -Contain 'nas' }
            if ($vault) { $given | Should -Not -Contain 'only/one' }
        }
        (Get-SyncVault closed).State | Should -Be 'Locked'
        $global:Error.Count | Should -Be 0
    }

    It 'quotes what needs it, and goes by what is typed and bound' {
        (TabExpansion2 'Get-SyncItem app' 16).CompletionMatches.CompletionText | Should -Be "'app/with space'"
        Get-Completion 'Get-SyncItem -Collection notes -Name ' | Should -Be 'note'
        Get-Completion 'Get-SyncItem -Collection n' | Should -Be 'notes'
        Get-Completion 'Get-SyncMerge -Device h' | Should -Be 'home'
        Get-Completion 'Start-VaultSync n' | Should -Be 'nas'
        Get-Completion 'Get-SyncValue only/one -Version ' | Should -Be (Get-SyncHistory only/one -Vault home).Version
    }
}
