Describe 'files' {
    BeforeAll {
        . (Join-Path $PSScriptRoot 'Common.ps1')
        Initialize-TestHome
        function Add-File([string] $Path, [string] $Text) {
            $null = New-Item -ItemType Directory -Force (Split-Path $Path)
            [IO.File]::WriteAllText($Path, $Text)
        }
        function Invoke-Unheard([string] $Script) {
            # What -WhatIf would do goes to the host and through no stream: a runspace without a host says nothing.
            $shell = [powershell]::Create([Management.Automation.RunspaceMode]::NewRunspace)
            try {
                $shell.AddScript("Import-Module '$ModuleFolder'; Set-Location '$PWD'; $Script").Invoke()
                $shell.HadErrors | Should -BeFalse
            }
            finally { $shell.Dispose() }
        }
    }

    AfterAll { Close-TestHome }

    BeforeEach {
        $tree = Get-TestPath ([guid]::NewGuid().ToString('n'))
        $vault = Add-TestVault "v$([guid]::NewGuid().ToString('n'))"
        Set-SyncVault $vault.Name -Default
        Add-File "$tree/notes/a.md" 'alpha'
        Add-File "$tree/notes/sub/b.md" 'beta'
        Add-File "$tree/notes/sub/[c].md" 'gamma'
        Push-Location $tree
    }

    AfterEach { Pop-Location }

    It 'come in by folder, with one summary' {
        $summary = Import-SyncItem ./notes -Recurse
        @($summary).Count | Should -Be 1
        $summary | Should -BeOfType ([SyncModule.SyncFiles])
        $summary.Vault, $summary.Files, $summary.Bytes, $summary.NewBytes, $summary.Skipped, $summary.Failed | Should -Be @($vault.Name, 3, 14, 14, 0, 0)
        $summary.Seconds | Should -BeGreaterThan 0
        (Get-SyncItem).Name | Should -Be @('notes/a.md', 'notes/sub/[c].md', 'notes/sub/b.md')
        (Get-SyncItem).Type | Select-Object -Unique | Should -Be 'File'
        $again = Import-SyncItem ./notes -Recurse
        $again.Files, $again.Skipped | Should -Be @(0, 3)
    }

    It 'come in through the pipeline, as one commit, under the same names' {
        $before = (Invoke-Mirord 'status' $vault.Name '--json' | ConvertFrom-Json).commits
        $summary = Get-ChildItem -File -Recurse | Import-SyncItem
        @($summary).Count | Should -Be 1
        $summary.Files | Should -Be 3
        (Get-SyncItem).Name | Should -Be @('notes/a.md', 'notes/sub/[c].md', 'notes/sub/b.md')
        (Invoke-Mirord 'status' $vault.Name '--json' | ConvertFrom-Json).commits | Should -Be ($before + 1)
        (Get-ChildItem -Recurse | Import-SyncItem -WarningVariable warned).Skipped | Should -Be 3 -Because 'folders name the same files once more'
        $warned | Should -BeNullOrEmpty
        ('./notes/a.md', 'notes/sub' | Import-SyncItem -Prefix text).Files | Should -Be 3
        ([IO.FileInfo]::new("$tree/notes/a.md") | Import-SyncItem -Prefix plain).Files | Should -Be 1
        (Import-SyncItem (Get-Item ./notes/a.md) -Prefix typed).Files | Should -Be 1
        (Get-SyncItem typed/*).Name | Should -Be 'typed/notes/a.md'
        (Get-Item ./notes | Import-SyncItem -Prefix folder -WarningAction SilentlyContinue).Files | Should -Be 1 -Because 'folders in it need -Recurse'
        (Import-Csv (& { Set-Content list.csv "FullName`n$tree/notes/a.md"; 'list.csv' }) | Import-SyncItem -Prefix csv).Files | Should -Be 1
        (Get-SyncItem text/*, plain/*, csv/*).Name | Should -Be @('text/notes/a.md', 'text/notes/sub/[c].md', 'text/notes/sub/b.md', 'plain/notes/a.md', 'csv/notes/a.md')
    }

    It 'come in while the pipeline still brings more, as one import with its errors' {
        foreach ($i in 1..600) { Add-File "$tree/many/f$i" "$i" }
        $before = (Invoke-Mirord 'status' $vault.Name '--json' | ConvertFrom-Json).commits
        $summary = & { Get-ChildItem many -File | Select-Object -First 300; [pscustomobject]@{ FullName = "$tree/many/gone" }; Get-ChildItem many -File } | Import-SyncItem -ErrorVariable failed -ErrorAction SilentlyContinue
        @($summary).Count | Should -Be 1
        $summary.Files, $summary.Failed | Should -Be @(600, 1)
        ($failed.FullyQualifiedErrorId -split ',')[0] | Should -Be 'FileNotFound'
        (Invoke-Mirord 'status' $vault.Name '--json' | ConvertFrom-Json).commits | Should -Be ($before + 1)
        (Get-ChildItem many -File | Import-SyncItem).Skipped | Should -Be 600
        Get-ErrorId { Get-ChildItem many -File | Import-SyncItem -Mirror } | Should -Be 'UsageWrong'
        Invoke-Unheard 'Get-ChildItem many -File | Import-SyncItem -Prefix none -WhatIf' | Should -BeNullOrEmpty
        Get-SyncItem none/* | Should -BeNullOrEmpty
    }

    It 'are all there after a second import when the first was ended in the middle' {
        foreach ($i in 1..900) { Add-File "$tree/many/f$i" "$i" }
        { & { Get-ChildItem many -File; throw 'enough' } | Import-SyncItem } | Should -Throw 'enough'
        # Nothing of it runs on behind the command: what follows finds the vault at rest.
        $kept = @(Get-SyncItem).Count
        (Get-ChildItem many -File | Import-SyncItem).Files | Should -Be (900 - $kept)
        (Test-SyncVault $vault.Name).Damaged | Should -BeNullOrEmpty
        @(Get-SyncItem).Count | Should -Be 900
    }

    It 'are named by their way from the root, and one from elsewhere by its last name' {
        Push-Location ./notes
        $null = Import-SyncItem a.md
        $null = Import-SyncItem ../notes/sub -Recurse
        $null = Import-SyncItem "$tree/notes/a.md" -Root $tree
        Pop-Location
        Push-Location (Get-TestPath 'user')
        $null = Import-SyncItem "$tree/notes" -Recurse -Prefix far
        Get-ErrorId { Get-ChildItem $tree -File -Recurse | Import-SyncItem } | Should -Be @('PathOutside', 'PathOutside', 'PathOutside')
        $null = Get-ChildItem $tree -File -Recurse | Import-SyncItem -Root $tree -Prefix root
        Pop-Location
        (Get-SyncItem).Name | Should -Be @('a.md', 'far/notes/a.md', 'far/notes/sub/[c].md', 'far/notes/sub/b.md', 'notes/a.md', 'root/notes/a.md', 'root/notes/sub/[c].md', 'root/notes/sub/b.md', 'sub/[c].md', 'sub/b.md')
    }

    It 'take wildcards, and brackets as they stand' {
        (Import-SyncItem ./notes/sub/*.md).Files | Should -Be 2
        (Import-SyncItem './notes/sub/[c].md').Skipped | Should -Be 1
        (Import-SyncItem -LiteralPath './notes/sub/[c].md').Skipped | Should -Be 1
        # A file of Get-ChildItem that went away meanwhile is not a pattern that others match.
        Get-ErrorId { [IO.FileInfo]::new("$tree/notes/sub/[b].md") | Import-SyncItem } | Should -Be 'FileNotFound'
        (Get-Item -LiteralPath './notes/sub/[c].md' | Import-SyncItem).Skipped | Should -Be 1
        Import-SyncItem ./notes/*.nothing | Should -BeNullOrEmpty
        Get-ErrorId { Import-SyncItem './notes/[' } | Should -Be 'UsageWrong'
        Get-ErrorId { Import-SyncItem ./nowhere } | Should -Be 'FileNotFound'
        Get-ErrorId { Import-SyncItem env:HOME } | Should -Be 'UsageWrong'
    }

    It 'say what they left out' {
        $null = Import-SyncItem ./notes -WarningVariable warned -WarningAction SilentlyContinue
        (Get-SyncItem).Name | Should -Be 'notes/a.md'
        $warned | Should -Match '-Recurse'
    }

    It 'are an error each when they are refused, and the others come in' {
        if ($IsWindows) { Set-ItResult -Skipped -Because 'there is no such file'; return }
        $null = & mkfifo ./notes/pipe
        $summary = Import-SyncItem ./notes, ./none -Recurse -ErrorVariable failed -ErrorAction SilentlyContinue
        $summary.Files, $summary.Failed | Should -Be @(3, 2)
        $failed.FullyQualifiedErrorId | Sort-Object | Should -Be @('FileNotFound,SyncModule.Commands.Files.ImportSyncItemCommand', 'FileUnreadable,SyncModule.Commands.Files.ImportSyncItemCommand')
        ($failed | Where-Object FullyQualifiedErrorId -Match FileUnreadable).TargetObject | Should -Be "$tree/notes/pipe"
    }

    It 'change nothing with -WhatIf' {
        Invoke-Unheard 'Import-SyncItem ./notes -Recurse -WhatIf' | Should -BeNullOrEmpty
        Invoke-Unheard 'Get-ChildItem -File -Recurse | Import-SyncItem -WhatIf' | Should -BeNullOrEmpty
        Get-SyncItem | Should -BeNullOrEmpty
        $null = Import-SyncItem ./notes -Recurse
        Invoke-Unheard 'Export-SyncItem * ./out -WhatIf' | Should -BeNullOrEmpty
        Test-Path ./out | Should -BeFalse
    }

    It 'are named one by one with -Verbose, in the words of PowerShell' {
        function Test-Word { [CmdletBinding(SupportsShouldProcess)] param() $PSCmdlet.ShouldProcess("$tree/notes/a.md", "Import into vault $($vault.Name)") }
        $expected = @(Test-Word -Verbose 4>&1)[0].Message
        $said = Get-Item ./notes/a.md | Import-SyncItem -Verbose 4>&1 | Where-Object { $_ -is [Management.Automation.VerboseRecord] } | ForEach-Object Message
        $said | Should -Contain $expected
        $expected | Should -Match ([regex]::Escape("$tree/notes/a.md"))
    }

    It 'that are gone take their items with them when it is a mirror of a whole folder' {
        $null = Import-SyncItem ./notes -Recurse
        Remove-Item ./notes/sub -Recurse
        Get-ErrorId { Get-ChildItem -File -Recurse | Import-SyncItem -Mirror } | Should -Be 'UsageWrong'
        Get-ErrorId { Import-SyncItem ./notes -Mirror } | Should -Be 'UsageWrong'
        (Get-SyncItem).Count | Should -Be 3
        (Import-SyncItem ./notes -Recurse -Mirror).Deleted | Should -Be 2
        (Get-SyncItem).Name | Should -Be 'notes/a.md'
    }

    It 'go to a collection and come from it' {
        (Import-SyncItem ./notes -Recurse -Collection work).Files | Should -Be 3
        Get-SyncItem | Should -BeNullOrEmpty
        (Export-SyncItem * ./out -Collection work).Files | Should -Be 3
        Get-SyncItem -Collection work | Export-SyncItem -Destination ./piped | ForEach-Object Files | Should -Be 3
    }

    It 'go where the record that names them says; a file itself says nothing' {
        $other = Add-TestVault "o$([guid]::NewGuid().ToString('n'))"
        $records = & {
            [pscustomobject]@{ LiteralPath = "$tree/notes/a.md"; Collection = 'work'; Vault = $other.Name }
            [pscustomobject]@{ LiteralPath = "$tree/notes/sub/b.md"; Collection = 'play'; Vault = $vault.Name }
            [pscustomobject]@{ FullName = "$tree/notes/sub/[c].md" }
        }
        ($records | Import-SyncItem).Files | Should -Be @(1, 1, 1)
        (Get-SyncItem -Collection work -Vault $other.Name).Name | Should -Be 'notes/a.md'
        (Get-SyncItem -Collection play).Name | Should -Be 'notes/sub/b.md'
        (Get-SyncItem).Name | Should -Be 'notes/sub/[c].md'
        $file = Get-Item ./notes/a.md | Add-Member -NotePropertyName Collection -NotePropertyValue work -PassThru
        ($file | Import-SyncItem).Files | Should -Be 1
        (Get-SyncItem).Name | Should -Be @('notes/a.md', 'notes/sub/[c].md')
        ($file | Select-Object FullName, Collection | Import-SyncItem).Files | Should -Be 1
        (Get-SyncItem -Collection work).Name | Should -Be 'notes/a.md'
    }

    It 'come out below the destination, without the folder that a pattern begins with' {
        $null = Import-SyncItem ./notes -Recurse
        $summary = Export-SyncItem notes/* ./out
        @($summary).Count | Should -Be 1
        $summary | Should -BeOfType ([SyncModule.SyncFiles])
        $summary.Files, $summary.Bytes, $summary.Skipped | Should -Be @(3, 14, 0)
        Get-Content ./out/a.md | Should -Be 'alpha'
        Get-Content -LiteralPath './out/sub/[c].md' | Should -Be 'gamma'
        $null = Export-SyncItem * ./all
        Get-Content ./all/notes/a.md | Should -Be 'alpha'
        $null = Export-SyncItem 'notes/sub/[c].md' ./named
        Get-Content -LiteralPath './named/notes/sub/[c].md' | Should -Be 'gamma'
        $null = Get-SyncItem notes/sub/* | Export-SyncItem -Destination ./piped -Prefix notes
        Get-Content ./piped/sub/b.md | Should -Be 'beta'
        Get-ErrorId { Export-SyncItem notes/a.md ./out -Prefix other } | Should -Be 'UsageWrong'
        Get-ErrorId { Export-SyncItem nothing ./out } | Should -Be 'ItemNotFound'
        Get-ErrorId { Export-SyncItem 'not[es' ./out } | Should -Be 'UsageWrong'
        (Export-SyncItem notes/* ./notes).Skipped | Should -Be 3 -Because 'that is where they came from'
    }

    It 'are not written over when they were changed here, unless told, and are never written outside' {
        $null = Import-SyncItem ./notes -Recurse
        $null = Export-SyncItem notes/* ./out
        Set-Content ./out/a.md 'mine'
        Set-SyncItem notes/a.md 'theirs'
        Set-SyncItem notes/../../escape 'x'
        $summary = Export-SyncItem notes/* ./out -ErrorVariable failed -ErrorAction SilentlyContinue
        $failed.FullyQualifiedErrorId -replace ',.*' | Sort-Object | Should -Be @('LocalChanges', 'NameUnsafe')
        $summary.Failed, $summary.Skipped | Should -Be @(2, 2)
        Get-Content ./out/a.md | Should -Be 'mine'
        (Export-SyncItem notes/a.md ./out -Prefix notes -Overwrite).Files | Should -Be 1
        Get-Content ./out/a.md | Should -Be 'theirs'
        Test-Path (Get-TestPath 'escape') | Should -BeFalse
    }

    It 'go when their items are gone and it is a mirror' {
        $null = Import-SyncItem ./notes -Recurse
        $null = Export-SyncItem notes/* ./out
        Remove-SyncItem notes/sub/*
        (Export-SyncItem notes/* ./out -WarningVariable warned -WarningAction SilentlyContinue).Deleted | Should -Be 0
        $warned.Count | Should -Be 2
        Test-Path ./out/sub/b.md | Should -BeTrue
        (Export-SyncItem notes/* ./out -Mirror).Deleted | Should -Be 2
        Test-Path ./out/sub | Should -BeFalse
    }

    It 'show progress, which is taken away' {
        $shell = [powershell]::Create([Management.Automation.RunspaceMode]::NewRunspace)
        try {
            $null = $shell.AddScript("Import-Module '$ModuleFolder'; Import-SyncItem '$tree/notes' -Recurse; Export-SyncItem * '$tree/out'").Invoke()
            $shell.HadErrors | Should -BeFalse
            $records = @($shell.Streams.Progress)
        }
        finally { $shell.Dispose() }
        $records.Activity | Select-Object -Unique | Should -Be @("Import into vault $($vault.Name)", "Export from vault $($vault.Name)")
        foreach ($bar in $records | Group-Object Activity) { $bar.Group[-1].RecordType | Should -Be 'Completed' }
    }

    It 'stop when they are told to, and a second run goes on' {
        $random = [byte[]]::new(64MB)
        foreach ($i in 1..4) {
            [Random]::new($i).NextBytes($random)
            [IO.File]::WriteAllBytes("$tree/large$i", $random)
        }
        $shell = [powershell]::Create([Management.Automation.RunspaceMode]::NewRunspace)
        try {
            $null = $shell.AddScript("Import-Module '$ModuleFolder'; Set-Location '$tree'; Import-SyncItem . -Recurse")
            $running = $shell.BeginInvoke()
            $null = Wait-Until { $shell.Streams.Progress.Count -gt 0 -or $running.IsCompleted } 'the first progress'
            $shell.Stop()
            $running.IsCompleted | Should -BeTrue
        }
        finally { $shell.Dispose() }
        Lock-SyncVault $vault.Name # nothing holds it any more: no question is asked
        $null = Import-SyncItem . -Recurse
        (Get-SyncItem large*).ForEach({ $_.Length }) | Should -Be @(64MB, 64MB, 64MB, 64MB)
        (Test-SyncVault $vault.Name).Healthy | Should -BeTrue
    }
}
