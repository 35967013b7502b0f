Describe 'the drive' {
    BeforeAll {
        . (Join-Path $PSScriptRoot 'Common.ps1')
        Initialize-TestHome
        $null = Add-TestVault home desk
        $null = Add-TestVault office desk
        Set-SyncItem app/config @{ url = 'https://example.net'; retries = 3 } -Vault home
        Set-SyncItem app/motd "first`nsecond" -Vault home
        Set-SyncItem app/deep/er/x 1 -Vault home
        Set-SyncItem app/deep/y 2 -Vault home
        Set-SyncItem app 'an item of a folder''s name' -Vault home
        Set-SyncItem 'b[1]' 'brackets' -Vault home
        Set-SyncItem Case/A 'upper' -Vault home
        Set-SyncItem Case/a 'lower' -Vault home
        Set-SyncItem raw ([byte[]](0, 1, 255)) -Vault home
        Set-SyncItem db/prod ([pscredential]::new('me', (ConvertTo-Secure 'x'))) -Vault home
    }

    AfterAll {
        Set-Location $Repository
        Close-TestHome
    }

    AfterEach { Set-Location $Repository }

    It 'is there with the module, and its first level holds the vaults' {
        (Get-PSDrive SyncVault).Provider.Name | Should -Be 'SyncVault'
        $vaults = Get-ChildItem SyncVault:
        $vaults.Name | Should -Be 'home', 'office'
        $vaults | Should -BeOfType ([SyncModule.SyncVault])
    }

    It 'lists folders and items, folders first, with the whole name as Name' {
        $entries = Get-ChildItem SyncVault:/home/app
        $entries | Should -BeOfType ([SyncModule.SyncDriveEntry])
        $entries.Leaf | Should -Be 'deep', 'config', 'motd'
        $entries.Name | Should -Be 'app/deep', 'app/config', 'app/motd'
        $entries.PSIsContainer | Should -Be $true, $false, $false
        $entries[1].Type, $entries[0].Type | Should -Be 'Object', 'Folder'
        (Get-ChildItem SyncVault:/home/app -Name) | Should -Be 'deep', 'config', 'motd'
    }

    It 'moves like a folder' {
        Set-Location SyncVault:/home/app
        $PWD.Path | Should -Be "SyncVault:$([IO.Path]::DirectorySeparatorChar)home$([IO.Path]::DirectorySeparatorChar)app"
        (Get-ChildItem).Leaf | Should -Be 'deep', 'config', 'motd'
        (Get-Item ./config).Name | Should -Be 'app/config'
        (Get-ChildItem ./deep/../deep).Leaf | Should -Be 'er', 'y'
        Set-Location ..
        (Get-ChildItem a*).Leaf | Should -Be 'app'
        Set-Location ~
        (Get-ChildItem).Name | Should -Be 'home', 'office'
        Set-Location SyncVault:\home\app
        (Get-ChildItem).Count | Should -Be 3
    }

    It 'finds by patterns, in the middle too, and all below' {
        (Get-Item SyncVault:/home/*/config).Name | Should -Be 'app/config'
        (Get-ChildItem SyncVault:/home -Recurse -Include mot*).Name | Should -Be 'app/motd'
        (Get-ChildItem SyncVault:/home/app -Recurse).Name | Should -Be 'app/deep', 'app/deep/er', 'app/deep/er/x', 'app/deep/y', 'app/config', 'app/motd'
        (Get-ChildItem SyncVault:/home/app -Recurse -Depth 1).Name | Should -Be 'app/deep', 'app/deep/er', 'app/deep/y', 'app/config', 'app/motd'
        @(Get-ChildItem SyncVault:/ -Recurse).Count | Should -BeGreaterThan 10
        (Get-ChildItem SyncVault:/home -Exclude app, Case, db).Leaf | Should -Be 'b[1]', 'raw'
        (Get-Item -LiteralPath 'SyncVault:/home/b[1]').Name | Should -Be 'b[1]'
    }

    It 'knows what is there: <Path> <There> <Folder>' -ForEach @(
        @{ Path = 'SyncVault:/'; There = $true; Folder = $true }
        @{ Path = 'SyncVault:/home'; There = $true; Folder = $true }
        @{ Path = 'SyncVault:/HOME/APP/CONFIG'; There = $true; Folder = $false }
        @{ Path = 'SyncVault:/home/app/deep'; There = $true; Folder = $true }
        @{ Path = 'SyncVault:/home/app/de'; There = $false; Folder = $false }
        @{ Path = 'SyncVault:/home/Case/a'; There = $true; Folder = $false }
        @{ Path = 'SyncVault:/nope'; There = $false; Folder = $false }
        @{ Path = 'SyncVault:/nope/x'; There = $false; Folder = $false }
    ) {
        Test-Path $Path | Should -Be $There
        Test-Path $Path -PathType Container | Should -Be $Folder
    }

    It 'tells names apart that differ in case alone' {
        Get-Content SyncVault:/home/Case/A -AsPlainText | Should -Be 'upper'
        Get-Content SyncVault:/home/Case/a -AsPlainText | Should -Be 'lower'
    }

    It 'reads values as they were stored, and text only hidden unless it is asked for' {
        (Get-Content SyncVault:/home/app/config).retries | Should -Be 3
        Get-Content SyncVault:/home/app/motd | Should -BeOfType ([securestring])
        Get-Content SyncVault:/home/app/motd -AsPlainText | Should -Be 'first', 'second'
        Get-Content SyncVault:/home/app/motd -AsPlainText -Raw | Should -Be "first`nsecond"
        Get-Content SyncVault:/home/app/motd -AsPlainText -TotalCount 1 | Should -Be 'first'
        Get-Content SyncVault:/home/app -AsPlainText | Should -Be 'an item of a folder''s name'
        Get-Content SyncVault:/home/raw -AsByteStream | Should -Be 0, 1, 255
        ([byte[]](Get-Content SyncVault:/home/raw)) | Should -Be 0, 1, 255
        (Get-Content SyncVault:/home/db/prod).UserName | Should -Be 'me'
        Set-SyncItem hidden (ConvertTo-Secure "a`nb") -Vault home
        Get-Content SyncVault:/home/hidden | Should -BeOfType ([securestring])
        Get-Content SyncVault:/home/hidden -AsPlainText | Should -Be 'a', 'b'
        Set-SyncItem wide ([Text.Encoding]::Unicode.GetBytes('Grüße')) -Vault home
        Get-Content SyncVault:/home/wide -AsPlainText -Encoding unicode | Should -Be 'Grüße'
        ${SyncVault:/home/app/config}.retries | Should -Be 3
    }

    Context 'files that an import brought' {
        BeforeAll {
            $folder = (New-Item -ItemType Directory -Path (Get-TestPath 'texts')).FullName
            function Add-File([string] $Name, [byte[]] $Bytes) { [IO.File]::WriteAllBytes((Join-Path $folder $Name), $Bytes) }
            Add-File 'plain.txt' ([Text.Encoding]::UTF8.GetBytes("Grüße`r`nzwei`n`nvier"))
            Add-File 'marked.txt' ([Text.Encoding]::Unicode.GetPreamble() + [Text.Encoding]::Unicode.GetBytes("Grüße`nzwei"))
            Add-File 'old.txt' ([Text.Encoding]::Latin1.GetBytes('Grüße'))
            Add-File 'zeros.bin' ([byte[]](65, 0, 66))
            Add-File 'empty.txt' ([byte[]]::new(0))
            Add-File 'broken.txt' ([Text.Encoding]::UTF8.GetPreamble() + [byte[]](65, 255))
            if (-not $IsWindows) {
                chmod 640 (Join-Path $folder 'plain.txt')
                ln -s plain.txt (Join-Path $folder 'link')
            }
            $null = Import-SyncItem $folder -Recurse -Vault office
        }

        It 'are text, as a file of the disk is' {
            Get-Content SyncVault:/office/texts/plain.txt | Should -Be 'Grüße', 'zwei', '', 'vier'
            Get-Content SyncVault:/office/texts/plain.txt -AsPlainText | Should -Be 'Grüße', 'zwei', '', 'vier'
            Get-Content SyncVault:/office/texts/plain.txt -TotalCount 2 | Should -Be 'Grüße', 'zwei'
            (Get-Content SyncVault:/office/texts/plain.txt -ReadCount 0).Count | Should -Be 4
            Get-Content SyncVault:/office/texts/plain.txt -Raw | Should -Be "Grüße`r`nzwei`n`nvier"
            Get-Content SyncVault:/office/texts/marked.txt | Should -Be 'Grüße', 'zwei'
            Get-Content SyncVault:/office/texts/old.txt -Encoding latin1 | Should -Be 'Grüße'
            Get-Content SyncVault:/office/texts/empty.txt | Should -BeNullOrEmpty
            if (-not $IsWindows) { Get-Content SyncVault:/office/texts/link | Should -Be 'plain.txt' }
        }

        It 'are bytes where bytes are asked for' {
            Get-Content SyncVault:/office/texts/zeros.bin -AsByteStream | Should -Be 65, 0, 66
            $raw = Get-Content SyncVault:/office/texts/zeros.bin -AsByteStream -Raw
            , $raw | Should -BeOfType ([byte[]])
            $raw | Should -Be 65, 0, 66
        }

        It 'are an error where they are no text, and never a text with replacements: <_>' -ForEach 'old.txt', 'zeros.bin', 'broken.txt' {
            $read = Get-Content "SyncVault:/office/texts/$_" -ErrorVariable errors -ErrorAction SilentlyContinue
            $read | Should -BeNullOrEmpty
            $errors[0].FullyQualifiedErrorId | Should -BeLike 'ValueNotText*'
            $errors[0].ErrorDetails.RecommendedAction | Should -BeLike '*-AsByteStream*-Encoding*'
            @(Get-Content "SyncVault:/office/texts/$_" -AsByteStream).Count | Should -BeGreaterThan 2
        }

        It 'that are no text do not keep the next from being read' {
            Get-Content SyncVault:/office/texts/zeros.bin, SyncVault:/office/texts/marked.txt -ErrorAction SilentlyContinue | Should -Be 'Grüße', 'zwei'
        }

        It 'stay files when they are written, with the bytes that a file of the disk would have' {
            foreach ($case in @(
                    @{ Do = { param($path) Set-Content $path 'one', 'two' } }
                    @{ Do = { param($path) Add-Content $path 'three' } }
                    @{ Do = { param($path) 4, (Get-Date '2026-01-02').Date | ForEach-Object { "$_" } | Add-Content $path } }
                    @{ Do = { param($path) Set-Content $path 'no end' -NoNewline } }
                    @{ Do = { param($path) Add-Content $path ' here' -NoNewline } }
                    @{ Do = { param($path) Set-Content $path 'Grüße' -Encoding unicode } }
                    @{ Do = { param($path) Set-Content $path 'Grüße' -Encoding utf8BOM } }
                    @{ Do = { param($path) Set-Content $path ([byte[]](1, 0, 255)) -AsByteStream } }
                    @{ Do = { param($path) Add-Content $path ([byte[]](7)) -AsByteStream } }
                    @{ Do = { param($path) Set-Content $path 5 } }
                )) {
                $disk = Join-Path $folder 'plain.txt'
                & $case.Do $disk
                & $case.Do 'SyncVault:/office/texts/plain.txt'
                $stored = Get-Content SyncVault:/office/texts/plain.txt -AsByteStream -Raw
                [Convert]::ToHexString($stored) | Should -Be ([Convert]::ToHexString([IO.File]::ReadAllBytes($disk))) -Because $case.Do
                (Get-SyncItem texts/plain.txt -Vault office).Type | Should -Be 'File'
            }

            # An export gives back a file with its permissions.
            $to = Get-TestPath 'texts-out'
            $null = Export-SyncItem texts/plain.txt $to -Vault office
            Get-Content (Join-Path $to 'texts/plain.txt') | Should -Be '5'
            if (-not $IsWindows) { (Get-Item (Join-Path $to 'texts/plain.txt')).UnixMode | Should -Be '-rw-r-----' }
        }

        It 'begin a line of their own for what is added, in their encoding' {
            Add-Content SyncVault:/office/texts/marked.txt 'drei'
            Get-Content SyncVault:/office/texts/marked.txt | Should -Be 'Grüße', 'zwei', 'drei'
        }

        It 'take no object: <Name>' -ForEach @(
            @{ Name = 'hashtable'; Value = { @{ a = 1 } } }
            @{ Name = 'object'; Value = { [pscustomobject]@{ a = 1 } } }
            @{ Name = 'SecureString'; Value = { ConvertTo-Secure 'x' } }
        ) {
            Get-ErrorId { Set-Content SyncVault:/office/texts/zeros.bin -Value (& $Value) } | Should -Be 'ValueUnsupported'
            Get-Content SyncVault:/office/texts/zeros.bin -AsByteStream | Should -Be 65, 0, 66
        }
    }

    It 'reads what mirord stored as text' {
        $null = Invoke-Mirord put office @('told/by', '--value', 'hello')
        Get-Content SyncVault:/office/told/by | Should -Be 'hello'
    }

    It 'writes values: one version for each, and none in between' {
        Set-Content SyncVault:/office/motd hello
        Get-SyncValue motd -AsPlainText -Vault office | Should -Be 'hello'
        'one', 'two' | Set-Content SyncVault:/office/motd
        Get-SyncValue motd -AsPlainText -Vault office | Should -Be "one`ntwo"
        @(Get-SyncHistory motd -Vault office).Count | Should -Be 2
        Add-Content SyncVault:/office/motd three
        Get-Content SyncVault:/office/motd -AsPlainText | Should -Be 'one', 'two', 'three'
        Set-Content SyncVault:/office/object -Value ([ordered]@{ a = 1 })
        (Get-SyncValue object -Vault office).a | Should -Be 1
        [byte[]](1, 2, 3) | Set-Content SyncVault:/office/bytes -AsByteStream
        ([byte[]](Get-SyncValue bytes -Vault office)) | Should -Be 1, 2, 3
        $null = New-Item SyncVault:/office/new/item -Value made
        Get-SyncValue new/item -AsPlainText -Vault office | Should -Be 'made'
        Get-ErrorId { Clear-Content SyncVault:/office/motd } | Should -Be 'NotSupported'
    }

    It 'writes no file of the disk, wherever one stands and whatever is not there' {
        foreach ($location in $TestState.Root, 'SyncVault:/', 'SyncVault:/office', 'Env:') {
            Set-Location $location
            Set-Content SyncVault:/office/secret x
            Get-ErrorId { Set-Content SyncVault:/tmp/secret x } | Should -Contain 'VaultUnknown'
            Remove-Item SyncVault:/office/secret
        }
        Test-Path /office/secret | Should -BeFalse
        Test-Path /tmp/secret | Should -BeFalse
    }

    It 'changes nothing with -WhatIf' {
        $before = Get-Digest office
        Set-Content SyncVault:/office/motd other -WhatIf
        Set-Content SyncVault:/office/brandnew other -WhatIf
        New-Item SyncVault:/office/brandnew -Value x -WhatIf
        Set-SyncItem gone/x 1 -Vault office
        Remove-SyncItem gone/x -Vault office
        Remove-Item SyncVault:/office/motd -WhatIf
        Remove-Item SyncVault:/office/new -Recurse -WhatIf
        Test-Path SyncVault:/office/brandnew | Should -BeFalse
        Test-Path SyncVault:/office/new/item | Should -BeTrue
        Get-Content SyncVault:/office/motd -AsPlainText | Should -Be 'one', 'two', 'three'
        $before | Should -Not -BeNullOrEmpty
    }

    It 'deletes an item, and a folder with all that is in it' {
        1..3 | ForEach-Object { Set-SyncItem "tree/$_" $_ -Vault office }
        Remove-Item SyncVault:/office/tree/1
        (Get-ChildItem SyncVault:/office/tree).Leaf | Should -Be '2', '3'
        Remove-Item SyncVault:/office/tree -Recurse
        Test-Path SyncVault:/office/tree | Should -BeFalse
        Get-ErrorId { Remove-Item SyncVault:/office -Recurse -Confirm:$false -ErrorAction Stop } | Should -Be 'UsageWrong'
        Test-Path SyncVault:/office | Should -BeTrue
    }

    It 'makes its vault the default where one stands' {
        (Get-SyncVault | Where-Object Default).Name | Should -Be 'home'
        Set-Location SyncVault:/office
        Set-SyncItem where 'here'
        (Get-SyncItem where).Vault | Should -Be 'office'
        Set-Location SyncVault:/home/app
        Get-ErrorId { Get-SyncItem where } | Should -Be 'ItemNotFound'
    }

    It 'completes names' {
        (TabExpansion2 'Get-Content SyncVault:/home/app/c' 33).CompletionMatches.ListItemText | Should -Contain 'config'
        (TabExpansion2 'cd SyncVault:/o' 15).CompletionMatches.ListItemText | Should -Contain 'office'
    }

    It 'feeds the item commands by the whole name' {
        (Get-ChildItem SyncVault:/home/app | Where-Object Type -EQ Object | Get-SyncValue).retries | Should -Be 3
    }

    It 'opens no locked vault by a question, and says so' {
        Add-LockedVault closed
        Get-ErrorId { Get-ChildItem SyncVault:/closed } | Should -Be 'VaultLocked'
        (TabExpansion2 'Get-Content SyncVault:/closed/x' 31).CompletionMatches.Count | Should -Be 0
        Set-Location SyncVault:/closed
        Get-ErrorId { Get-ChildItem } | Should -Be 'VaultLocked'
    }

    It 'says what is not there: <Id>' -ForEach @(
        @{ Id = 'PathNotFound'; Script = { Get-Item SyncVault:/home/nope } }
        @{ Id = 'PathNotFound'; Script = { Get-ChildItem SyncVault:/nope } }
        @{ Id = 'PathNotFound'; Script = { Get-Content SyncVault:/home/nope } }
        @{ Id = 'UsageWrong'; Script = { Get-Content SyncVault:/home } }
        @{ Id = 'UsageWrong'; Script = { New-Item SyncVault:/home/folder -ItemType Directory } }
        @{ Id = 'FileExists'; Script = { New-Item SyncVault:/home/raw -Value x } }
        @{ Id = 'NameInvalid'; Script = { Set-Content ("SyncVault:/home/" + 'n' * 4097) x } }
        @{ Id = 'VaultUnknown'; Script = { Set-Content SyncVault:/nope/x x } }
    ) {
        Get-ErrorId $Script | Should -Contain $Id
    }

    It 'sees at once what another process has written' {
        @(Get-ChildItem SyncVault:/office/other -ErrorAction Ignore).Count | Should -Be 0
        $file = Get-TestPath 'value.txt'
        Set-Content $file 'x'
        $null = Invoke-Mirord put office @('other/x', '--file', $file)
        (Get-ChildItem SyncVault:/office/other).Leaf | Should -Be 'x'
    }

    It 'serves many runspaces' {
        1..10 | ForEach-Object -Parallel { Import-Module $using:ModuleFolder/SyncModule.psd1; (Get-ChildItem SyncVault:/home/app).Count } | Should -Be (@(3) * 10)
    }

    It 'is left by the removal of the module' {
        $result = Invoke-Pwsh {
            Import-Module SyncModule
            Set-Location SyncVault:/home
            Set-Location /
            Remove-Module SyncModule
            "drive: $(@(Get-PSDrive | Where-Object Name -EQ SyncVault).Count)"
            Import-Module SyncModule
            "again: $((Get-ChildItem SyncVault:/home/app).Count)"
        }
        $result.Lines | Should -Be 'drive: 0', 'again: 3'
    }
}
